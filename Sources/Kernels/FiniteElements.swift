extension ElementBuffer {
    /// Appends the bytes of the finite elements to `bytes`, in memory order.
    package func appendFinite(to bytes: inout [UInt8]) {
        guard let start else { return }
        for i in 0..<count {
            let element = UnsafeRawBufferPointer(start: start + i * type.byteCount, count: type.byteCount)
            let pattern = element.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if finiteValue(ofPattern: pattern, type) != nil { bytes.append(contentsOf: element) }
        }
    }
}
