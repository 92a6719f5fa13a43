/// A trainer's memory, for the length of one call: where it is, how many elements, of which type.
///
/// The pointer needs no alignment and is `nil` only if `count` is 0. Nothing but Kernels dereferences it.
package struct ElementBuffer {
    /// The first element; of a buffer with gaps, the first of its layout.
    package let start: UnsafeRawPointer?
    package let count: Int
    package let type: ElementType

    /// How the elements lie in memory; nil if one follows the other.
    let layout: StridedLayout?

    /// Where the elements are in the order of their indices; nil if that is their order in memory, and of slices.
    let order: IndexOrder?

    /// Which element of the layout is the first.
    private let first: Int

    package init(start: UnsafeRawPointer?, count: Int, type: ElementType) {
        self.init(start: start, first: 0, count: count, type: type, layout: nil)
    }

    /// A buffer with gaps between its elements.
    ///
    /// - Parameters:
    ///   - start: the element whose indices are all 0.
    ///   - shape: the length of each axis; their product is at most 2^56.
    ///   - strides: from one element to the next along each axis, in bytes; of any sign, or 0.
    package init(start: UnsafeRawPointer?, type: ElementType, shape: [Int], strides: [Int]) {
        let count = shape.reduce(1, *)
        guard let start, count > 0 else {
            self.init(start: start, count: count, type: type)
            return
        }
        let layout = StridedLayout(shape: shape, strides: strides)
        let lowest = start + layout.lowest
        let isDense = layout.axes.isEmpty || layout.axes.count == 1 && layout.axes[0].stride == type.byteCount
        let order = IndexOrder(shape: shape, strides: strides, lowest: layout.lowest, size: type.byteCount)
        self.init(start: lowest, first: 0, count: count, type: type, layout: isDense ? nil : layout, order: order)
    }

    private init(
        start: UnsafeRawPointer?, first: Int, count: Int, type: ElementType, layout: StridedLayout?, order: IndexOrder? = nil
    ) {
        self.order = order
        self.start = start
        self.first = first
        self.count = count
        self.type = type
        self.layout = layout
    }

    /// The elements `from ..< to`.
    package func slice(_ from: Int, _ to: Int) -> ElementBuffer {
        guard layout == nil else {
            return ElementBuffer(start: start, first: first + from, count: to - from, type: type, layout: layout)
        }
        return ElementBuffer(start: start.map { $0 + from * type.byteCount }, count: to - from, type: type)
    }

    /// Calls `body` with consecutive pieces of `length` elements; the last may be shorter.
    package func forEachPiece(of length: Int, _ body: (ElementBuffer) -> Void) {
        var from = 0
        while from < count {
            let to = Swift.min(count, from + length)
            body(slice(from, to))
            from = to
        }
    }

    /// Calls `body` with the same elements without gaps: themselves, or copied into `room`.
    ///
    /// - Parameter room: gives memory for this many bytes.
    func withoutGaps<Result>(_ room: (Int) -> UnsafeMutableRawPointer, _ body: (ElementBuffer) -> Result) -> Result {
        guard let layout, let start else { return body(self) }
        let target = room(count * type.byteCount)
        layout.copy(first, count, of: type.byteCount, from: start, to: target)
        return body(ElementBuffer(start: target, count: count, type: type))
    }

    /// Where an element is, by the definition of a layout.
    func address(of i: Int) -> UnsafeRawPointer? {
        guard let layout else { return start.map { $0 + i * type.byteCount } }
        return start.map { $0 + layout.offset(of: first + i) }
    }
}
