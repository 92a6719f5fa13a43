/// How the elements of an array with gaps lie in memory.
///
/// The order of elements means nothing to a distribution. So axes are taken in the order of their strides, the smallest innermost,
/// as memory likes it; negative strides are turned round; axes that continue each other become one.
struct StridedLayout: Sendable {
    /// From the outermost to the innermost; strides are in bytes and not negative. No axis has length 1.
    private(set) var axes: [(length: Int, stride: Int)] = []

    /// From the element whose indices are all 0 to the first in memory, in bytes: 0 unless strides are negative.
    private(set) var lowest = 0

    /// - Parameter shape: lengths of at least 1.
    init(shape: [Int], strides: [Int]) {
        for (length, stride) in zip(shape, strides) where length > 1 {
            if stride < 0 { lowest += (length - 1) * stride }
            axes.append((length, abs(stride)))
        }
        axes.sort { $0.stride > $1.stride }
        for axis in axes.indices.dropLast().reversed() where axes[axis].stride == axes[axis + 1].stride * axes[axis + 1].length {
            axes[axis + 1].length *= axes[axis].length
            axes.remove(at: axis)
        }
    }

    /// From the first element in memory to the i-th, in bytes.
    func offset(of i: Int) -> Int {
        var rest = i
        var offset = 0
        for axis in axes.reversed() {
            offset += rest % axis.length * axis.stride
            rest /= axis.length
        }
        return offset
    }

    /// Copies elements `first` ..< `first + count`, of `size` bytes each, to where there are no gaps.
    func copy(_ first: Int, _ count: Int, of size: Int, from start: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
        guard let inner = axes.last else { return }
        var target = target
        var i = first
        while i < first + count {
            // The rest of one row.
            let length = Swift.min(inner.length - i % inner.length, first + count - i)
            let row = start + offset(of: i)
            if inner.stride == size {
                target.copyMemory(from: row, byteCount: length * size)
            } else {
                switch size {
                case 8: copyRow(UInt64.self, row, length, inner.stride, target)
                case 4: copyRow(UInt32.self, row, length, inner.stride, target)
                case 2: copyRow(UInt16.self, row, length, inner.stride, target)
                default: copyRow(UInt8.self, row, length, inner.stride, target)
                }
            }
            target += length * size
            i += length
        }
    }

    private func copyRow<Bits: BitwiseCopyable>(
        _ bits: Bits.Type, _ row: UnsafeRawPointer, _ length: Int, _ stride: Int, _ target: UnsafeMutableRawPointer
    ) {
        for i in 0..<length {
            let element = row.loadUnaligned(fromByteOffset: i &* stride, as: Bits.self)
            target.storeBytes(of: element, toByteOffset: i &* MemoryLayout<Bits>.size, as: Bits.self)
        }
    }
}
