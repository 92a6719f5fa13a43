import CFurca
import Checkpoints
import Session

private func checkpoints(_ handle: OpaquePointer?) throws(SessionError) -> CheckpointsHandle {
    try HandleTable.shared.object(handle, as: CheckpointsHandle.self, named: "checkpoints")
}

@_cdecl("furca_checkpoints_find") @implementation
public func furca_checkpoints_find(
    _ paths: UnsafePointer<UnsafePointer<CChar>?>!, _ count: Int, _ steps: UnsafePointer<Int64>!, _ stepCount: Int,
    _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "checkpoints")
        var names: [String] = []
        for path in try array(paths, count: count, "paths") { names.append(try text(path, "a path")) }
        let steps = try array(steps, count: stepCount, "steps").map { Int($0) }
        result.pointee = HandleTable.shared.insert(
            try CheckpointsHandle(paths: names, steps: steps.isEmpty ? nil : steps))
    }
}

@_cdecl("furca_checkpoints_close") @implementation
public func furca_checkpoints_close(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        guard let handle else { return }
        _ = try checkpoints(handle).series
        _ = try HandleTable.shared.remove(handle, as: CheckpointsHandle.self, named: "checkpoints")
    }
}

@_cdecl("furca_checkpoints_count") @implementation
public func furca_checkpoints_count(_ handle: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!) -> furca_status {
    status { () throws(SessionError) in
        try required(count, "count").pointee = try checkpoints(handle).series.entries.count
    }
}

@_cdecl("furca_checkpoints_get") @implementation
public func furca_checkpoints_get(
    _ handle: OpaquePointer!, _ index: Int, _ step: UnsafeMutablePointer<Int64>!, _ kind: UnsafeMutablePointer<UInt32>!,
    _ path: UnsafeMutablePointer<CChar>!, _ capacity: Int, _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let (stepRoom, kindRoom) = (try required(step, "step"), try required(kind, "kind"))
        let entries = try checkpoints(handle).series.entries
        guard entries.indices.contains(index) else {
            throw SessionError(.unknown, "There is no checkpoint \(index): \(entries.count) were found.")
        }
        let entry = entries[index]
        var location = entry.location.path
        var found = UInt32(FURCA_SAFETENSORS)
        if case .pickle(let file) = entry.location.content {
            location = file
            found = UInt32(FURCA_PICKLE)
        }
        try write(location, to: path, capacity: capacity, length: length)
        stepRoom.pointee = Int64(entry.step)
        kindRoom.pointee = found
    }
}

@_cdecl("furca_session_observe_checkpoint") @implementation
public func furca_session_observe_checkpoint(
    _ handle: OpaquePointer!, _ step: Int64, _ path: UnsafePointer<CChar>!
) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).observe(step: Int(step), checkpointAt: try text(path, "path"))
    }
}

@_cdecl("furca_session_note_checkpoints") @implementation
public func furca_session_note_checkpoints(_ handle: OpaquePointer!, _ found: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        let session = try session(handle)
        try session.refuseInChild()
        try session.noteSource(try checkpoints(found).series)
    }
}
