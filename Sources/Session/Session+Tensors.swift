import Kernels
import RunFile

extension Session {
    /// Makes a tensor known and returns its id.
    package func register(
        name: String, type: ElementType, shape: [Int], isFrozen: Bool
    ) throws(SessionError) -> Int {
        let elementCount = try Self.elementCount(of: shape, name: name)
        return try change { () throws(SessionError) -> Int in
            if name.isEmpty { throw SessionError(.argument, "A tensor's name must not be empty.") }
            if let known = ids[name], awaited.contains(known) {
                try claim(known, type: type, shape: shape)
                return known
            }
            if let taken = ids[name] {
                throw SessionError(.duplicate, "A tensor named \"\(name)\" is registered already, as number \(taken).")
            }
            if spending != nil { lateTensors += 1 }
            let id = tensors.count
            let record = TensorRecord(id: id, name: name, type: type, shape: shape, frozen: isFrozen)
            let state = TensorState(
                record: record, elementCount: elementCount, late: spending == nil ? nil : lateTensors,
                paths: options.paths(of: name, count: elementCount))
            planner.add(bytes: elementCount * type.byteCount)
            lock.withLock {
                tensors.append(state)
                ids[name] = id
            }
            writing?.append(.tensor(record))
            return id
        }
    }

    private static func elementCount(of shape: [Int], name: String) throws(SessionError) -> Int {
        var product = 1
        for (axis, length) in shape.enumerated() {
            if length < 0 {
                throw SessionError(.argument, "Tensor \"\(name)\" has length \(length) along axis \(axis).")
            }
            let (next, overflows) = product.multipliedReportingOverflow(by: length)
            // 2^56 elements are more than an address space holds; the limit keeps byte counts from overflowing too.
            if overflows || next > 1 << 56 {
                throw SessionError(.argument, "Tensor \"\(name)\" of shape \(shape) has more elements than can exist.")
            }
            product = next
        }
        return product
    }
}
