import Kernels
import Testing

@testable import Sketches

private func sketch(_ values: [Float], exactLimit: Int = 4096, origin: Double? = nil) -> Sketch {
    var sketch = Sketch(exactLimit: exactLimit, origin: origin)
    values.withUnsafeBytes {
        sketch.update(ElementBuffer(start: $0.baseAddress, count: values.count, type: .float32), scratch: Scratch())
    }
    return sketch
}

@Test func countsAndMomentsOfASmallArray() {
    let s = sketch([1, 2, 3, 4, .nan, .infinity, -.infinity, 0, -0.0, 1e-40])
    #expect(s.count == 10 && s.finiteCount == 7 && s.nan == 1 && s.positiveInfinity == 1 && s.negativeInfinity == 1)
    #expect(s.zeros == 2 && s.subnormals == 1)
    #expect(abs(s.moments.mean - 10.0 / 7) < 1e-15)
    #expect(s.exactValues == [-0.0, 0, Double(Float(1e-40)), 1, 2, 3, 4])
    #expect(s.quantile(0.5) == 1 && s.cdf(0) == 2.0 / 7 && s.max == 4)
    #expect(s.l1 == 10 + Double(Float(1e-40)) && abs(s.l2 - 30.0.squareRoot()) < 1e-15)
}

@Test func quantilesFromCodesAreWithinTheBound() {
    var generator = SystemRandomNumberGenerator()
    let values = (0..<20_000).map { _ in Float.random(in: -1...1, using: &generator) }
    let sorted = values.sorted()
    let s = sketch(values, exactLimit: 0, origin: 1)
    #expect(s.exactValues == nil && s.centred?.total == 20_000)
    for i in 1..<1000 {
        let q = Double(i) / 1000
        let truth = Double(sorted[max(0, Int((20_000 * q).rounded(.up)) - 1)])
        #expect(abs(s.quantile(q) - truth) <= abs(truth) / 257)
    }
}

@Test func bytesRoundTrip() throws {
    for limit in [0, 100] {
        for values in [[], [.nan], [1, 2, 3, 1.1], [-0.0, 0, 5, .infinity]] as [[Float]] {
            let s = sketch(values, exactLimit: limit, origin: 1)
            let bytes = s.serialized()
            let back = try bytes.withUnsafeBytes { try Sketch(serialized: $0) }
            #expect(back == s && back.serialized() == bytes)
        }
    }
}
