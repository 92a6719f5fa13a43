/// A trainer's memory, for the length of one call: where it is, how many elements, of which type.
///
/// The pointer needs no alignment and is `nil` only if `count` is 0. Nothing but Kernels dereferences it.
package struct ElementBuffer {
    package let start: UnsafeRawPointer?
    package let count: Int
    package let type: ElementType

    package init(start: UnsafeRawPointer?, count: Int, type: ElementType) {
        self.start = start
        self.count = count
        self.type = type
    }

    /// The elements `from ..< to`.
    package func slice(_ from: Int, _ to: Int) -> ElementBuffer {
        ElementBuffer(start: start.map { $0 + from * type.byteCount }, count: to - from, type: type)
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
}
