extension ElementBuffer {
    /// Appends the bytes of the finite elements to `bytes`, in memory order.
    package func appendFinite(to bytes: inout [UInt8]) {
        switch type {
        case .float32: appendFinite(of: Float32Element.self, to: &bytes)
        case .float64: appendFinite(of: Float64Element.self, to: &bytes)
        case .float16: appendFinite(of: Float16Element.self, to: &bytes)
        case .bfloat16: appendFinite(of: BFloat16Element.self, to: &bytes)
        }
    }

    private func appendFinite<E: Element>(of element: E.Type, to bytes: inout [UInt8]) {
        guard let start else { return }
        for i in 0..<count {
            let address = start + i &* MemoryLayout<E.Bits>.size
            if address.loadUnaligned(as: E.Bits.self) & E.magnitudeMask < E.infinity {
                bytes.append(contentsOf: UnsafeRawBufferPointer(start: address, count: MemoryLayout<E.Bits>.size))
            }
        }
    }
}
