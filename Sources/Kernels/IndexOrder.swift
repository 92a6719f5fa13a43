/// Where the elements of an array are in the order of their indices, the last axis fastest, if that is not their order in memory.
struct IndexOrder: Sendable {
    /// Of each axis; strides are in bytes and of any sign.
    private let axes: [(length: Int, stride: Int)]
    /// From the first element in memory to the one whose indices are all 0, in bytes.
    private let origin: Int

    /// nil if the elements follow each other in memory in that order.
    ///
    /// - Parameter lowest: from the element whose indices are all 0 to the first in memory, in bytes.
    init?(shape: [Int], strides: [Int], lowest: Int, size: Int) {
        axes = zip(shape, strides).filter { $0.0 > 1 }.map { (length: $0.0, stride: $0.1) }
        origin = -lowest
        var next = size
        for axis in axes.reversed() {
            if axis.stride != next { return }
            next *= axis.length
        }
        return nil
    }

    /// From the first element in memory to the i-th of the indices, in bytes.
    @inline(__always) func offset(of i: Int) -> Int {
        var rest = i
        var offset = origin
        for axis in axes.reversed() {
            let (quotient, index) = rest.quotientAndRemainder(dividingBy: axis.length)
            offset += index * axis.stride
            rest = quotient
        }
        return offset
    }
}
