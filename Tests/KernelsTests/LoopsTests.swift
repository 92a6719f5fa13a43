import Kernels
import Testing

/// The loops for every processor and the fastest ones that this processor can run: the same bits, but for sums of third and fourth
/// powers, whose products are rounded before they are added, or not.
@Suite struct LoopsTests {
    @Test func baselineAndBestAgree() {
        let baseline = Scratch(loops: .baseline)
        let best = Scratch(loops: .best)
        for count in [1024, 3000, 70_000] {
            for input in hostileInputs(.float32, count: count) {
                // Not one expression: what it is made of would be printed, all codes of it.
                let isAgreed = input.withBuffer { agree(baseline.read($0), best.read($0)) }
                #expect(isAgreed, "\(input)")
            }
        }
    }

    private func agree(_ a: Pass, _ b: Pass) -> Bool {
        let (moments, others) = (a.tally.moments, b.tally.moments)
        // By the inequality of Cauchy and Schwarz no sum of third powers is larger than this root.
        let isClose = abs(moments.m3 - others.m3) <= 1e-5 * (moments.m2 * moments.m4).squareRoot()
            && abs(moments.m4 - others.m4) <= 1e-5 * moments.m4
        var b = b
        b.tally.moments.m3 = moments.m3
        b.tally.moments.m4 = moments.m4
        return a == b && isClose
    }
}
