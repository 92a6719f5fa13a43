import Kernels
import Testing

/// Buffers with gaps, against the elements one by one, and against the same elements without gaps.
@Suite struct StridedTests {
    @Test(arguments: ElementType.allCases)
    func readsThroughStrides(type: ElementType) {
        let size = type.byteCount
        let scratch = Scratch()
        for input in hostileInputs(type, count: 6000, kinds: 4) {
            input.withBuffer { memory in
                guard let start = memory.start else { return }
                for (shape, strides, from) in [
                    ([3000], [2], 0), ([100, 30], [60, 1], 7), ([30, 100], [1, 60], 0), ([10, 5, 8], [500, -8, 1], 40),
                    ([6000], [-1], 5999), ([40, 50], [0, 3], 0), ([7], [0], 5), ([1, 2000, 1], [9, 3, 77], 0), ([], [], 3),
                    ([60, 100], [100, 1], 0), ([2, 3, 4], [0, 1, 3], 0),
                ] as [([Int], [Int], Int)] {
                    let buffer = ElementBuffer(
                        start: start + from * size, type: type, shape: shape, strides: strides.map { $0 * size })
                    let pass = scratch.read(buffer, origin: 0.5)
                    expectAgreement(pass, referencePass(buffer, origin: 0.5), "\(input) \(shape) \(strides)")
                    // The elements by their indices, whatever ElementBuffer makes of the axes.
                    var offsets = [from]
                    for (length, stride) in zip(shape, strides) {
                        offsets = offsets.flatMap { offset in (0..<length).map { offset + $0 * stride } }
                    }
                    let picked = Input(name: input.name, type: type, patterns: offsets.map { input.patterns[$0] })
                    picked.withBuffer {
                        let whole = referencePass($0, origin: 0.5)
                        #expect(pass.codes == whole.codes && pass.centred == whole.centred)
                        let sorted = scratch.readSorted($0, capacity: $0.count)
                        #expect(scratch.readSorted(buffer, capacity: buffer.count).values == sorted.values)
                    }
                }
            }
        }
    }

    @Test func anEmptyViewHasNoElements() {
        let buffer = ElementBuffer(start: nil, type: .float32, shape: [3, 0, 2], strides: [8, 8, 4])
        #expect(buffer.count == 0 && Scratch().read(buffer).tally == Tally())
    }
}
