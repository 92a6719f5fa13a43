import Kernels
import Sketches

@testable import Forks

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Random numbers that are the same every time (splitmix64).
struct Stream: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

    mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
    }

    mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }
}

func sketch(_ values: [Double], exactLimit: Int = 4096) -> Sketch {
    var sketch = Sketch(exactLimit: exactLimit)
    values.map(Float.init).withUnsafeBytes {
        sketch.update(ElementBuffer(start: $0.baseAddress, count: values.count, type: .float32), scratch: Scratch())
    }
    return sketch
}

/// The sums of a float32 matrix, read as a whole.
func axisSums(_ values: [Double], columns: Int, cut: Double) -> AxisSums {
    var sums = AxisSums(count: values.count, columns: columns, cut: cut)
    values.map(Float.init).withUnsafeBytes {
        sums.add(ElementBuffer(start: $0.baseAddress, count: values.count, type: .float32))
    }
    return sums
}

/// A tensor whose values are `noise` and, of every other element, ± `apart`: two branches of one half each.
struct Pitchfork {
    let noise: [Double]

    init(_ count: Int, seed: UInt64 = 1) {
        var stream = Stream(seed)
        noise = stream.normals(count)
    }

    func values(apart: Double, width: Double = 1) -> [Double] {
        noise.indices.map { width * noise[$0] + ($0 % 2 == 0 ? apart : -apart) }
    }
}

/// A tracker, with the significance it is given at each look.
struct Follower {
    var tracker = ForkTracker()
    var alpha = 1e-6
    private(set) var events: [ForkEvent] = []
    private(set) var modes: [(step: Int, count: Int)] = []

    @discardableResult
    mutating func look(_ values: [Double], _ step: Int, axisSums: (Double) -> AxisSums? = { _ in nil }) -> [ForkEvent] {
        let seen = tracker.observe(sketch(values), step: step, alpha: alpha, axisSums: axisSums)
        events += seen.events
        modes.append((step, seen.modes.branches.count))
        return seen.events
    }
}
