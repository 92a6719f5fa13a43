import CFurca
import Forks
import Session
import Sketches

/// The sketch behind a handle.
func sketch(_ handle: OpaquePointer?) throws(SessionError) -> SketchHandle {
    try HandleTable.shared.object(handle, as: SketchHandle.self, named: "sketch")
}

@_cdecl("furca_sketch_create") @implementation
public func furca_sketch_create(
    _ options: UnsafePointer<furca_sketch_options>!, _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "sketch")
        let options = options == nil ? furca_sketch_options.initial : try value(sized: options, "options")
        result.pointee = HandleTable.shared.insert(
            try SketchHandle(exactLimit: Int(options.exact_limit), countsOneIn: Int(options.counts_one_in)))
    }
}

@_cdecl("furca_sketch_close") @implementation
public func furca_sketch_close(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        guard let handle else { return }
        _ = try sketch(handle).value
        _ = try HandleTable.shared.remove(handle, as: SketchHandle.self, named: "sketch")
    }
}

@_cdecl("furca_sketch_update") @implementation
public func furca_sketch_update(
    _ handle: OpaquePointer!, _ data: UnsafeRawPointer!, _ count: UInt64, _ dtype: furca_dtype
) -> furca_status {
    status { () throws(SessionError) in
        try sketch(handle).update(try elementBuffer(data, count: count, dtype: dtype, of: "The buffer"))
    }
}

@_cdecl("furca_sketch_merge") @implementation
public func furca_sketch_merge(_ handle: OpaquePointer!, _ other: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        try sketch(handle).merge(try sketch(other))
    }
}

@_cdecl("furca_sketch_stats") @implementation
public func furca_sketch_stats(_ handle: OpaquePointer!, _ stats: UnsafeMutablePointer<furca_stats>!) -> furca_status {
    status { () throws(SessionError) in
        try SizedPlace(stats, "stats").write(furca_stats(try sketch(handle).value, step: 0))
    }
}

@_cdecl("furca_sketch_quantiles") @implementation
public func furca_sketch_quantiles(
    _ handle: OpaquePointer!, _ q: UnsafePointer<Double>!, _ count: Int, _ values: UnsafeMutablePointer<Double>!
) -> furca_status {
    status { () throws(SessionError) in
        try writeQuantiles(of: try sketch(handle).value, q, count, values)
    }
}

/// For a sketch and for a tensor alike.
func writeQuantiles(
    of sketch: Sketch, _ q: UnsafePointer<Double>?, _ count: Int, _ values: UnsafeMutablePointer<Double>?
) throws(SessionError) {
    let shares = try array(q, count: count, "q")
    let room = try room(values, capacity: count, "values")
    for (index, share) in shares.enumerated() where !(share >= 0 && share <= 1) {
        throw SessionError(.argument, "q[\(index)] is \(share), but a quantile's share must lie between 0 and 1.")
    }
    for (index, share) in shares.enumerated() { room[index] = sketch.quantile(share) }
}

@_cdecl("furca_sketch_cdf") @implementation
public func furca_sketch_cdf(
    _ handle: OpaquePointer!, _ values: UnsafePointer<Double>!, _ count: Int, _ shares: UnsafeMutablePointer<Double>!
) -> furca_status {
    status { () throws(SessionError) in
        let sketch = try sketch(handle).value
        let values = try array(values, count: count, "values")
        let room = try room(shares, capacity: count, "shares")
        for (index, value) in values.enumerated() { room[index] = sketch.cdf(value) }
    }
}

@_cdecl("furca_sketch_modes") @implementation
public func furca_sketch_modes(
    _ handle: OpaquePointer!, _ alpha: Double, _ modes: UnsafeMutablePointer<furca_modes>!,
    _ branches: UnsafeMutablePointer<furca_branch>!, _ branchCapacity: Int,
    _ atoms: UnsafeMutablePointer<furca_atom>!, _ atomCapacity: Int
) -> furca_status {
    status { () throws(SessionError) in
        let place = try SizedPlace(modes, "modes")
        let branchRoom = try room(branches, capacity: branchCapacity, "branches")
        let atomRoom = try room(atoms, capacity: atomCapacity, "atoms")
        if !(alpha > 0 && alpha < 1) {
            throw SessionError(.argument, "alpha is \(alpha), but must lie between 0 and 1, for example 1e-6.")
        }
        let found = Modes(of: try sketch(handle).value, alpha: alpha)
        var result = furca_modes.initial
        result.count = UInt32(clamping: found.branches.count)
        result.atoms = UInt32(clamping: found.atoms.count)
        result.dip = found.dip
        result.dip_tested = found.dipTested
        result.p_value = found.pValue
        place.write(result)
        write(found.branches, to: branchRoom, furca_branch.init)
        write(found.atoms, to: atomRoom, furca_atom.init)
    }
}

@_cdecl("furca_sketch_serialize") @implementation
public func furca_sketch_serialize(
    _ handle: OpaquePointer!, _ buffer: UnsafeMutableRawPointer!, _ capacity: Int, _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let length = try required(length, "length")
        let bytes = try sketch(handle).value.serialized()
        if let buffer {
            if capacity < bytes.count {
                throw SessionError(
                    .argument, "The sketch takes \(bytes.count) bytes, but capacity is \(capacity): ask with NULL first.")
            }
            buffer.copyMemory(from: bytes, byteCount: bytes.count)
        }
        length.pointee = bytes.count
    }
}

@_cdecl("furca_sketch_deserialize") @implementation
public func furca_sketch_deserialize(
    _ bytes: UnsafeRawPointer!, _ length: Int, _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "sketch")
        let bytes = try array(bytes?.assumingMemoryBound(to: UInt8.self), count: length, "bytes")
        result.pointee = HandleTable.shared.insert(try SketchHandle(serialized: UnsafeRawBufferPointer(bytes)))
    }
}

@_cdecl("furca_sketch_bins") @implementation
public func furca_sketch_bins(
    _ handle: OpaquePointer!, _ bins: UnsafeMutablePointer<furca_bin>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let count = try required(count, "count")
        let room = try room(bins, capacity: capacity, "bins")
        let found = try sketch(handle).value.bins
        count.pointee = found.count
        write(found, to: room) { furca_bin(lower: $0.lower, upper: $0.upper, value: $0.value, count: $0.count) }
    }
}
