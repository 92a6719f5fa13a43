import Kernels
import Testing

/// The loops for every processor and the fastest ones that this processor can run: the same bits.
@Suite struct LoopsTests {
    @Test func baselineAndBestAgreeBitForBit() {
        let baseline = Scratch(loops: .baseline)
        let best = Scratch(loops: .best)
        for count in [1024, 3000, 70_000] {
            for input in hostileInputs(.float32, count: count) {
                input.withBuffer { #expect(baseline.read($0) == best.read($0), "\(input)") }
            }
        }
    }
}
