import CFurca
import Kernels
import Session

@_cdecl("furca_tensor_register") @implementation
public func furca_tensor_register(
    _ handle: OpaquePointer!, _ spec: UnsafePointer<furca_tensor_spec>!, _ tensor: UnsafeMutablePointer<UInt32>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(tensor, "tensor")
        let session = try session(handle)
        let spec = try value(sized: spec, "spec")
        let name = try text(spec.name, "spec->name")
        let type = try elementType(spec.dtype, of: "Tensor \"\(name)\"")
        if spec.rank > 16 {
            throw SessionError(.argument, "Tensor \"\(name)\" has rank \(spec.rank), but at most 16 is possible.")
        }
        let shape = try array(spec.shape, count: Int(spec.rank), "spec->shape").map { Int($0) }
        let id = try session.register(name: name, type: type, shape: shape, isFrozen: spec.frozen != 0)
        result.pointee = UInt32(clamping: id)
    }
}

@_cdecl("furca_tensor_count") @implementation
public func furca_tensor_count(_ handle: OpaquePointer!, _ count: UnsafeMutablePointer<UInt32>!) -> furca_status {
    status { () throws(SessionError) in
        try required(count, "count").pointee = UInt32(clamping: try session(handle).tensorCount)
    }
}

@_cdecl("furca_tensor_find") @implementation
public func furca_tensor_find(
    _ handle: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ tensor: UnsafeMutablePointer<UInt32>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(tensor, "tensor")
        result.pointee = UInt32(clamping: try session(handle).tensor(named: try text(name, "name")))
    }
}

@_cdecl("furca_tensor_stats") @implementation
public func furca_tensor_stats(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ stats: UnsafeMutablePointer<furca_stats>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try SizedPlace(stats, "stats")
        let latest = try session(handle).latest(of: Int(tensor))
        result.write(furca_stats(latest.sketch, step: latest.step, sample: latest.sample))
    }
}

@_cdecl("furca_tensor_quantiles") @implementation
public func furca_tensor_quantiles(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ q: UnsafePointer<Double>!, _ count: Int,
    _ values: UnsafeMutablePointer<Double>!
) -> furca_status {
    status { () throws(SessionError) in
        try writeQuantiles(of: try session(handle).latest(of: Int(tensor)).sketch, q, count, values)
    }
}

@_cdecl("furca_tensor_branches") @implementation
public func furca_tensor_branches(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ branches: UnsafeMutablePointer<furca_branch>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(branches, capacity: capacity, "branches")
        let found = try session(handle).branches(of: Int(tensor))
        result.pointee = found.count
        write(found, to: room, furca_branch.init)
    }
}

@_cdecl("furca_tensor_names") @implementation
public func furca_tensor_names(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ names: UnsafeMutablePointer<UInt32>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(names, capacity: capacity, "names")
        let found = try session(handle).branches(of: Int(tensor))
        result.pointee = found.count
        write(found, to: room) { UInt32(clamping: $0.name) }
    }
}

@_cdecl("furca_tensor_sketch") @implementation
public func furca_tensor_sketch(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ sketch: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(sketch, "sketch")
        let latest = try session(handle).latest(of: Int(tensor))
        result.pointee = HandleTable.shared.insert(try SketchHandle(latest.sketch))
    }
}

@_cdecl("furca_tensor_exempt") @implementation
public func furca_tensor_exempt(_ handle: OpaquePointer!, _ tensor: UInt32) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).exempt(tensor: Int(tensor))
    }
}

@_cdecl("furca_tensor_due") @implementation
public func furca_tensor_due(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ share: UnsafeMutablePointer<Double>!
) -> furca_status {
    status { () throws(SessionError) in
        let share = try required(share, "share")
        share.pointee = try session(handle).plannedShare(of: Int(tensor))
    }
}

@_cdecl("furca_tensor_drifted") @implementation
public func furca_tensor_drifted(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ process: UInt32, _ others: UInt32, _ after: Int64, _ by: Int64
) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).noteDrift(
            of: Int(tensor), process: Int(process), others: Int(others), after: after < 0 ? nil : Int(after), by: Int(by))
    }
}
