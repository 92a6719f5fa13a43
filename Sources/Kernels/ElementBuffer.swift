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
}
