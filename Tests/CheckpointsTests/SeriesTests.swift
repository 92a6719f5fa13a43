import Checkpoints
import SafetensorsWriter
import Testing

/// Checkpoints are found where programs put them.
@Suite struct SeriesTests {
    private let folder: TemporaryFolder
    private let model = safetensors([WrittenTensor("w", [1, 2])])

    init() throws { folder = try TemporaryFolder() }

    private func series(_ names: [String], steps: [Int]? = nil) throws -> CheckpointSeries {
        try CheckpointSeries(paths: names.map { $0.isEmpty ? folder.path : folder.path + "/" + $0 }, steps: steps)
    }

    private func steps(_ names: String...) throws -> [Int] { try series(names).entries.map(\.step) }

    @Test func filesOfASeries() throws {
        for step in [0, 128, 1000] { try folder.write("step\(step).safetensors", model) }
        #expect(try steps("") == [0, 128, 1000])
        #expect(try steps("step1000.safetensors", "step0.safetensors") == [0, 1000])
    }

    @Test func foldersOfASeries() throws {
        for step in [0, 8, 16] { try folder.write("step\(step)/model.safetensors", model) }
        try folder.write("step8/optimizer.bin", [1])
        try folder.write("notes/readme.txt", [1])
        #expect(try steps("") == [0, 8, 16])
        #expect(try steps("step8", "step0/model.safetensors") == [0, 8])
    }

    @Test func theHubsCache() throws {
        for (step, commit) in [("step0", "aaa"), ("step512", "bbb"), ("main", "bbb")] {
            _ = try folder.write("models--o--n/refs/\(step)", commit)
            try folder.write("models--o--n/snapshots/\(commit)/model.safetensors", model)
        }
        let found = try series(["models--o--n"])
        #expect(found.entries.map(\.step) == [0, 512])
        #expect(found.leftOut.count == 1)
    }

    @Test(arguments: [
        ("step1000", 1000), ("step-1000", 1000), ("global_step1000", 1000), ("checkpoint-500", 500), ("ckpt_7", 7),
        ("iter_0001000", 1000), ("epoch=3-step=1200", 1200), ("stage1-step1000-tokens4B", 1000), ("0042", 42),
        ("model-300", 300), ("Step_9", 9),
    ]) func namesThatTellAStep(name: String, step: Int) throws {
        try folder.write("\(name).safetensors", model)
        try folder.write("d/\(name)/model.safetensors", model)
        #expect(try steps("\(name).safetensors") == [step])
        #expect(try steps("d/\(name)") == [step])
    }

    @Test(arguments: ["pythia-70m", "gpt2", "final", "step", "model", "99999999999999999999"]) func namesThatTellNone(name: String) throws {
        try folder.write("\(name).safetensors", model)
        expectRefusal("--steps") { _ = try steps("\(name).safetensors") }
        #expect(try series(["\(name).safetensors"], steps: [5]).entries.map(\.step) == [5])
    }

    @Test func stepsThatDoNotFit() throws {
        try folder.write("a.safetensors", model)
        try folder.write("x/step3/model.safetensors", model)
        try folder.write("y/step3/model.safetensors", model)
        expectRefusal("2 steps were given for 1") { _ = try series(["a.safetensors"], steps: [1, 2]) }
        expectRefusal("both of step 3") { _ = try steps("x", "y") }
        try folder.write("empty/readme.txt", [1])
        expectRefusal("holds no model") { _ = try steps("empty") }
        expectRefusal("No such file") { _ = try steps("none") }
    }

    private func writeShards(_ index: String) throws {
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        try folder.write("m/\(names[0])", safetensors([WrittenTensor("h.10.w", [1]), WrittenTensor("h.2.w", [2])]))
        try folder.write("m/\(names[1])", safetensors([WrittenTensor("head", [3, 4])]))
        if !index.isEmpty { _ = try folder.write("m/model.safetensors.index.json", index) }
    }

    @Test(arguments: [
        "",
        "{\"metadata\":{\"total_size\":16.5,\"x\":[null,true]},\"weight_map\":{\"h.10.w\":\"model-00001-of-00002.safetensors\",\"h.2.w\":\"model-00001-of-00002.safetensors\",\"head\":\"model-00002-of-00002.safetensors\"}}",
    ]) func shards(index: String) throws {
        try writeShards(index)
        let checkpoint = try Checkpoint(path: folder.path + "/m")
        #expect(checkpoint.tensors.map(\.name) == ["h.2.w", "h.10.w", "head"])
    }

    @Test(arguments: [
        ("{\"weight_map\":{\"a\":\"../../etc/passwd\"}}", "beside it"), ("{\"weight_map\":{\"a\":\"/etc/x.safetensors\"}}", "beside it"),
        ("{\"weight_map\":{}}", "no tensors"), ("{}", "no tensors"), ("[]", "object is missing"),
        ("{\"weight_map\":{\"a\":\"none.safetensors\"}}", "No such file"),
        ("{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\"}}", "should be in"),
        ("{\"weight_map\":{\"a\":\"b.safetensors\",\"a\":\"c.safetensors\"}}", "twice"),
        ("{\"weight_map\":{\"a\":[[[[[[[[[[[[[[[[[[[[", "string is missing"), ("{\"deep\":[[[[[[[[[[[[[[[[[[[[[[[[", "nesting"),
    ]) func indicesThatAreRefused(index: String, word: String) throws {
        try writeShards(index)
        expectRefusal(word) { _ = try Checkpoint(path: folder.path + "/m") }
    }

    @Test func oneNameInTwoShards() throws {
        for number in 1...2 { try folder.write("m/model-0000\(number)-of-00002.safetensors", model) }
        expectRefusal("both in") { _ = try Checkpoint(path: folder.path + "/m") }
    }

    @Test func picklesAreForPython() throws {
        try folder.write("step0/pytorch_model.bin", [1])
        let found = try series([""])
        #expect(found.entries.map(\.step) == [0])
        expectRefusal("furca.scan") { _ = try found.entries[0].checkpoint() }
    }

    @Test func filesWrittenToMeanwhileAreRefused() throws {
        let path = try folder.write("step0.safetensors", model)
        let checkpoint = try Checkpoint(path: path)
        try checkpoint.refuseIfChanged()
        try folder.write("other", model)
        try overwrite(path, with: model + [0])
        expectRefusal("written to") { try checkpoint.refuseIfChanged() }
    }

    @Test(arguments: [("a", "b"), ("h.2", "h.10"), ("h.2.b", "h.2.w"), ("h", "h.1"), ("x9", "x09"), ("x1y2", "x1y10")])
    func naturalOrder(first: String, second: String) {
        #expect(naturallyPrecedes(first, second) != naturallyPrecedes(second, first))
        if first != "x9" { #expect(naturallyPrecedes(first, second)) }
    }
}
