import Foundation
import Kernels
import Testing

@testable import Sketches

@Suite struct BlockSampleTests {
    /// Values whose blocks differ in mean and spread, as rows of a weight matrix do.
    func values(_ count: Int, seed: UInt64) -> [Float] {
        var random = Random(state: seed)
        var values: [Float] = []
        values.reserveCapacity(count)
        while values.count < count {
            let shift = random.normal() * 0.3
            let scale = exp(random.normal() * 0.2)
            for _ in 0..<min(Sketch.sampleBlockLength, count - values.count) {
                values.append(Float(shift + scale * random.normal()))
            }
        }
        return values
    }

    func sample(_ values: [Float], share: Double, seed: UInt64) -> (sketch: Sketch, sample: BlockSample) {
        values.withUnsafeBytes { bytes in
            var random = Random(state: seed)
            return Sketch.ofSample(
                [ElementBuffer(start: bytes.baseAddress, count: values.count, type: .float32)], share: share, exactLimit: 4096,
                origin: nil, scratch: Scratch(), using: &random)
        }
    }

    @Test func theErrorsAreThoseOfRepeatedSampling() {
        let all = values(64 * Sketch.sampleBlockLength + 5000, seed: 1)
        let truth = sample(all, share: 1, seed: 0)
        #expect(truth.sample == BlockSample([], of: 0, share: 1))
        #expect(truth.sketch.count == UInt64(all.count))
        let m = truth.sketch.moments
        var off: [(mean: Double, std: Double, kurtosis: Double)] = []
        var claimed: [BlockSample] = []
        for seed in 0..<200 {
            let (sketch, sample) = sample(all, share: 0.25, seed: UInt64(seed))
            #expect(sketch.count == UInt64((sample.share * Double(all.count)).rounded()))
            off.append(
                (
                    sketch.moments.mean - m.mean, sketch.moments.standardDeviation - m.standardDeviation,
                    sketch.moments.excessKurtosis - m.excessKurtosis
                ))
            claimed.append(sample)
        }
        func rootMeanSquare(_ values: [Double]) -> Double {
            (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }
        // 200 repetitions know a standard deviation to 5 %; variance estimates from 16 blocks are a little low for
        // heavy-tailed figures.
        for (seen, said) in [
            (off.map(\.mean), claimed.map(\.meanError)), (off.map(\.std), claimed.map(\.standardDeviationError)),
            (off.map(\.kurtosis), claimed.map(\.kurtosisError)),
        ] {
            let ratio = rootMeanSquare(said) / rootMeanSquare(seen)
            #expect(ratio > 0.75 && ratio < 1.3, "\(ratio)")
        }
        // Elements taken for independent would claim a tenth of it.
        let naive = m.standardDeviation / Double(all.count / 4).squareRoot()
        #expect(rootMeanSquare(claimed.map(\.meanError)) > 10 * naive)
    }

    @Test(arguments: [1e-30, 1.0, 1e30])
    func scalesWithTheValues(scale: Double) {
        var random = Random(state: 5)
        let blocks = (0..<10).map { _ in
            var moments = Moments()
            for _ in 0..<50 {
                var one = Moments()
                one.count = 1
                one.mean = scale * random.normal()
                moments.merge(one)
            }
            return moments
        }
        let sample = BlockSample(blocks, of: 40, share: 0.25)
        #expect(sample.meanError > 0.01 * scale && sample.meanError < scale)
        #expect(sample.standardDeviationError > 0.01 * scale && sample.standardDeviationError < scale)
        #expect(sample.kurtosisError > 0.01 && sample.kurtosisError < 3)
    }

    @Test func whatCannotBeEstimatedIsNotANumber() {
        var constant = Moments()
        constant.count = 10
        constant.mean = 1
        let sample = BlockSample([constant, constant], of: 5, share: 0.4)
        #expect(sample.meanError == 0 && sample.standardDeviationError.isNaN && sample.kurtosisError.isNaN)
        #expect(BlockSample([constant], of: 5, share: 0.2).meanError.isNaN)
        #expect(BlockSample([Moments(), Moments()], of: 5, share: 0.4).meanError.isNaN)
        #expect(BlockSample([constant, constant], of: 2, share: 1).kurtosisError == 0)
    }

    @Test(arguments: [ElementType.bfloat16, .float16])
    func sixteenBitTypesAreSampledToo(type: ElementType) {
        let words = [UInt16](repeating: 0x3C00, count: 3 * Sketch.sampleBlockLength)
        let (sketch, sample) = words.withUnsafeBytes { bytes in
            var random = Random(state: 1)
            return Sketch.ofSample(
                [ElementBuffer(start: bytes.baseAddress, count: words.count, type: type)], share: 0.5, exactLimit: 4096,
                origin: nil, scratch: Scratch(), using: &random)
        }
        #expect(sketch.count == UInt64(2 * Sketch.sampleBlockLength))
        #expect(abs(sample.share - 2.0 / 3) < 1e-12)
        #expect(sketch.min == sketch.max && sketch.moments.mean == sketch.min)
    }
}

/// A reproducible stream of numbers.
private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func normal() -> Double {
        let u = Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}
