import ArgumentParser
import RunFile
import Sketches

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where two runs part: the first step and tensor whose distributions differ.",
        discussion: """
            Distance is Kolmogorov's and Smirnov's, sup |F − G|, from the sketches that both runs kept of one tensor at one step: \
            0 for the same distribution, 1 for disjoint ones. A sketch tells it as an interval; runs part where its lower end \
            exceeds the threshold.
            """)

    @Argument(help: "A run file.", completion: .file(extensions: ["furca"]))
    var a: String

    @Argument(help: "Another.", completion: .file(extensions: ["furca"]))
    var b: String

    @Option(name: .shortAndLong, help: "A tensor's name, or a pattern with * and ?. Left out: all that both have.")
    var tensor: String?

    @Option(help: "Distances up to this one do not count. 0: any that is certain.")
    var threshold = 0.0

    @OptionGroup var steps: StepRange

    @Flag(help: "Exit with status 3 if the runs part.")
    var exitCode = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (0..<1).contains(threshold) else { throw ValidationError("--threshold \(threshold) is not from 0 to below 1.") }
    }

    func run() throws {
        let (left, right) = (try RunReader(path: a), try RunReader(path: b))
        let names = try commonTensors(left, right)
        let common = Set(try right.sketchSteps()).intersection(try left.sketchSteps())
            .filter { steps.range?.contains($0) ?? true }.sorted()
        if common.isEmpty {
            throw Failure("\(a) and \(b) have no step in common at which both kept sketches.")
        }
        let result = try Comparison(left, right, tensors: names, steps: common, threshold: threshold)
        if json { print(result.json(a, b).text) } else { report(result) }
        if exitCode && result.parting != nil { throw ExitCode(3) }
    }

    private func commonTensors(_ left: RunReader, _ right: RunReader) throws -> Set<String> {
        let names = Set(try TensorPattern(text: tensor ?? "*").matches(in: left, path: a).map(\.name))
        let others = Set(try right.tensors().map(\.name))
        let common = names.intersection(others)
        if common.isEmpty { throw Failure("\(a) and \(b) have no tensor in common.") }
        let missing = names.count - common.count + (tensor == nil ? others.subtracting(names).count : 0)
        if missing > 0 && !json { print("Not compared: \(missing) tensors that only one of the runs has.") }
        return common
    }

    private func report(_ result: Comparison) {
        if let difference = result.firstDifference {
            print(
                "Not the same to the last bit from step \(difference.step) on (\(difference.tensor), "
                    + "distance \(interval(difference.distance))).")
        }
        guard let (step, tensors) = result.parting, let first = tensors.first else {
            var text = "The runs do not part: \(result.compared) looks compared"
            if let largest = result.largest {
                text += ", the largest distance is \(interval(largest.distance)) (\(largest.tensor) at step \(largest.step))"
            } else {
                text += ", no distance"
            }
            return print(text + ".")
        }
        print(Style.bold("The runs part at step \(step), in \(first.tensor): distance \(interval(first.distance))."))
        var table = Table(text: ["tensor"], numbers: ["distance from", "to"])
        table.rows = tensors.prefix(20).map {
            [$0.tensor, Numbers.short($0.distance.lower), Numbers.short($0.distance.upper)]
        }
        table.print()
        if tensors.count > 20 { print("… and \(tensors.count - 20) more tensors") }
    }

    private func interval(_ distance: DistanceInterval) -> String {
        distance.isExact ? Numbers.short(distance.lower) : "\(Numbers.short(distance.lower)) to \(Numbers.short(distance.upper))"
    }
}

/// Two runs, sketch by sketch, up to the step at which they part.
struct Comparison {
    struct Finding {
        var tensor: String
        var step: Int
        var distance: DistanceInterval
    }

    /// The first step at which a distance exceeds the threshold, and the tensors for which it does, the largest distance first.
    private(set) var parting: (step: Int, tensors: [Finding])?

    /// The first pair of sketches that are not equal, if that is before the runs part.
    private(set) var firstDifference: Finding?

    /// The largest distance among those that do not exceed the threshold.
    private(set) var largest: Finding?

    /// Pairs of sketches compared.
    private(set) var compared = 0

    init(_ a: RunReader, _ b: RunReader, tensors: Set<String>, steps: [Int], threshold: Double) throws {
        for step in steps {
            var sketches: [String: Sketch] = [:]
            try a.forEachSketch(step: step) { tensor, sketch in
                if tensors.contains(tensor) { sketches[tensor] = sketch }
            }
            var parted: [Finding] = []
            try b.forEachSketch(step: step) { tensor, sketch in
                guard let other = sketches[tensor], let distance = other.kolmogorovSmirnov(sketch) else { return }
                compared += 1
                let finding = Finding(tensor: tensor, step: step, distance: distance)
                if distance.lower > threshold {
                    parted.append(finding)
                } else if other != sketch {
                    if firstDifference == nil { firstDifference = finding }
                    if distance.upper > largest?.distance.upper ?? 0 { largest = finding }
                }
            }
            if !parted.isEmpty {
                parting = (step, parted.sorted { ($0.distance.lower, $1.tensor) > ($1.distance.lower, $0.tensor) })
                if firstDifference?.step == step { firstDifference = nil }
                return
            }
        }
    }

    func json(_ a: String, _ b: String) -> JSON {
        func object(_ finding: Finding) -> JSON {
            .object([
                ("tensor", .string(finding.tensor)), ("step", .integer(finding.step)),
                ("ks_lower", .number(finding.distance.lower)), ("ks_upper", .number(finding.distance.upper)),
            ])
        }
        return .object([
            ("a", .string(a)), ("b", .string(b)), ("part", .bool(parting != nil)), ("step", JSON(parting?.step)),
            ("tensor", parting?.tensors.first.map { .string($0.tensor) } ?? .null),
            ("tensors", .array(parting?.tensors.map(object) ?? [])),
            ("first_difference", firstDifference.map(object) ?? .null),
            ("largest", largest.map(object) ?? .null),
            ("compared", .integer(compared)),
        ])
    }
}
