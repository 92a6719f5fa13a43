import Foundation
import Kernels
import RunFile
import Sketches
import Testing

@testable import Session

/// Single elements of a tensor, followed from look to look.
@Suite struct PathsTests {
    func options(_ path: String? = nil, paths: Int = 8, resumes: Bool = false) -> SessionOptions {
        var options = SessionOptions()
        options.path = path
        options.budget = 0
        options.paths = paths
        options.resumes = resumes
        return options
    }

    @Test func everyElementHasTheSameChance() {
        var hits = [Int](repeating: 0, count: 50)
        for seed in 0..<4000 {
            let places = FollowedElements(10, of: 50, seed: UInt64(seed), name: "w").places
            #expect(places.count == 10 && Set(places).count == 10 && places == places.sorted())
            for place in places { hits[place] += 1 }
        }
        // Binomial(4000, 1/5): standard deviation 25.
        #expect(hits.allSatisfy { abs($0 - 800) < 125 }, "\(hits)")
        #expect(FollowedElements(10, of: 7, seed: 0, name: "w").places == Array(0..<7))
        #expect(FollowedElements(10, of: 0, seed: 0, name: "w").places == [])
        let huge = FollowedElements(1000, of: 1 << 56, seed: 3, name: "w")
        #expect(huge == FollowedElements(1000, of: 1 << 56, seed: 3, name: "w"))
        #expect(huge != FollowedElements(1000, of: 1 << 56, seed: 4, name: "w"))
        #expect(huge != FollowedElements(1000, of: 1 << 56, seed: 3, name: "v"))
    }

    @Test func valuesAreReadThroughPiecesAndStrides() throws {
        let memory = (0..<600).map { Float($0) }
        try memory.withUnsafeBytes { bytes in
            let session = try Session(options(paths: 40))
            let pieces = try session.register("pieces", count: 600)
            let turned = try session.register(name: "turned", type: .float32, shape: [20, 30], isFrozen: false)
            func piece(_ from: Int, _ to: Int) -> ElementBuffer {
                ElementBuffer(start: bytes.baseAddress! + from * 4, count: to - from, type: .float32)
            }
            // Columns of a 30 × 20 matrix, from the last row up.
            let view = ElementBuffer(
                start: bytes.baseAddress! + 29 * 20 * 4, type: .float32, shape: [20, 30], strides: [4, -80])
            try session.observe(
                step: 0,
                [(pieces, piece(0, 7)), (pieces, piece(7, 7)), (pieces, piece(7, 600)), (turned, view)].map {
                    Observation(tensor: $0.0, buffer: $0.1)
                })
            #expect(try session.paths(of: pieces).values == session.followedElements(of: pieces).map { Float($0) })
            #expect(
                try session.paths(of: turned).values
                    == session.followedElements(of: turned).map { Float((29 - $0 % 30) * 20 + $0 / 30) })
        }
    }

    @Test func churnIsOfTheLastTwoLooks() throws {
        let session = try Session(options(paths: 1000))
        let w = try session.register("w", count: 2000)
        var random = SplitMix(state: 4)
        let side: [Float] = (0..<2000).map { $0 % 2 == 0 ? -1 : 1 }
        func values(swapping: Int) -> [Float] {
            side.enumerated().map { ($0 < swapping ? -$1 : $1) + Float(random.normal()) * 0.05 }
        }
        try session.observe(step: 0, tensor: w, values(swapping: 0))
        #expect(try session.paths(of: w).churn.isNaN)
        try session.observe(step: 1, tensor: w, values(swapping: 0))
        #expect(try session.paths(of: w).churn == 0)
        try session.observe(step: 2, tensor: w, values(swapping: 500))
        let below = try session.followedElements(of: w).filter { $0 < 500 }.count
        #expect(try session.paths(of: w).churn == Double(below) / 1000)
        #expect(try session.branches(of: w).count == 2 && session.eventCount == 1)
        try session.rewind(to: 1)
        expectError(.empty) { _ = try session.paths(of: w) }
        try session.observe(step: 2, tensor: w, values(swapping: 0))
        #expect(try session.paths(of: w).churn.isNaN)
    }

    @Test func aResumedRunFollowsTheSameElements() throws {
        let path = try temporaryPath()
        let values = (0..<500).map { Float($0) }
        var places: [Int] = []
        do {
            let session = try Session(options(path))
            let w = try session.register("w", count: 500)
            try session.observe(step: 0, tensor: w, values)
            places = try session.followedElements(of: w)
            try session.close()
        }
        var later = options(path, paths: 99, resumes: true)
        later.seed = 7
        let session = try Session(later)
        let other = try session.register("another", count: 500)
        let w = try session.register("w", count: 500)
        try session.observe(step: 1, tensor: other, values)
        try session.observe(step: 2, tensor: w, values)
        #expect(try session.followedElements(of: w) == places && places.count == 8)
        #expect(try session.followedElements(of: other) != places)
        try session.close()
        let paths = try RunReader(path: path).paths(of: "w").get()
        #expect(paths.steps == [0, 2] && paths.places == places)
        #expect(paths.values == places.map { Float($0) } + places.map { Float($0) })
    }

    @Test func keepsEveryLookAtFirstThenSixteenPerDoublingAndTheLast() throws {
        let path = try temporaryPath()
        let session = try Session(options(path))
        let w = try session.register("w", count: 20)
        for step in 0...100 { try session.observe(step: step, tensor: w, (0..<20).map { Float($0 * step) }) }
        try session.close()
        let steps = try RunReader(path: path).paths(of: "w").get().steps
        #expect(steps == Array(0...31) + Array(stride(from: 32, to: 64, by: 2)) + Array(stride(from: 64, through: 100, by: 4)))
    }

    @Test func aLookAtASampleOfBlocksFollowsThemToo() throws {
        let session = try Session(options(paths: 100))
        let w = try session.register("w", count: 2_000_000)
        let values = (0..<2_000_000).map { Float($0) }
        session.plan = LookPlan(step: 1, shares: [0.125], tested: [true])
        try session.observe(step: 1, tensor: w, values)
        #expect(try session.latest(of: w).sample != nil)
        #expect(try session.paths(of: w).values == session.followedElements(of: w).map { Float($0) })
    }

    @Test func whereThereAreNoneItSaysWhy() throws {
        let off = try Session(options(paths: 0))
        let w = try off.register("w", count: 4)
        try off.observe(step: 0, tensor: w, [1, 2, 3, 4])
        expectError(.empty, naming: "paths = 0") { _ = try off.paths(of: w) }
        let on = try Session(options())
        let v = try on.register("v", count: 4)
        let gradient = try on.register("v.grad", count: 4)
        try on.exempt(tensor: gradient)
        expectError(.empty, naming: "v", "not been observed") { _ = try on.paths(of: v) }
        expectError(.empty, naming: "v.grad", "exempt") { _ = try on.followedElements(of: gradient) }
        expectError(.unknown) { _ = try on.paths(of: 9) }
        var sketch = Sketch()
        [Float](repeating: 1, count: 4).withUnsafeBytes {
            sketch.update(ElementBuffer(start: $0.baseAddress, count: 4, type: .float32), scratch: Scratch())
        }
        try on.observe(step: 0, [Sketched(tensor: v, sketch: sketch)])
        expectError(.empty, naming: "sketches") { _ = try on.paths(of: v) }
        expectError(.argument, naming: "65537") { _ = try Session(options(paths: 65_537)) }
        expectError(.argument, naming: "-1") { _ = try Session(options(paths: -1)) }
    }
}
