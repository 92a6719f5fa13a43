import CFurca
import Session

@_cdecl("furca_event_count") @implementation
public func furca_event_count(_ handle: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!) -> furca_status {
    status { () throws(SessionError) in
        try required(count, "count").pointee = try session(handle).eventCount
    }
}

@_cdecl("furca_event_get") @implementation
public func furca_event_get(
    _ handle: OpaquePointer!, _ index: Int, _ event: UnsafeMutablePointer<furca_event>!
) -> furca_status {
    status { () throws(SessionError) in
        let place = try SizedPlace(event, "event")
        let found = try session(handle).event(index)
        var result = furca_event.initial
        result.kind = found.event.kind.rawValue
        result.label = found.event.label.rawValue
        result.tensor = UInt32(clamping: found.tensor)
        result.step = Int64(found.event.step)
        result.onset_after = Int64(found.event.onsetAfter ?? -1)
        result.onset_by = Int64(found.event.onsetBy)
        result.dip = found.event.dip
        result.p_value = found.event.pValue
        result.branch_count = UInt32(clamping: found.event.branches.count)
        result.structure = found.event.structure.axis.rawValue
        place.write(result)
    }
}

@_cdecl("furca_event_branches") @implementation
public func furca_event_branches(
    _ handle: OpaquePointer!, _ index: Int, _ branches: UnsafeMutablePointer<furca_branch>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(branches, capacity: capacity, "branches")
        let found = try session(handle).event(index).event.branches
        result.pointee = found.count
        write(found, to: room, furca_branch.init)
    }
}

@_cdecl("furca_event_names") @implementation
public func furca_event_names(
    _ handle: OpaquePointer!, _ index: Int, _ names: UnsafeMutablePointer<UInt32>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(names, capacity: capacity, "names")
        let found = try session(handle).event(index).event.branches
        result.pointee = found.count
        write(found, to: room) { UInt32(clamping: $0.name) }
    }
}

@_cdecl("furca_event_lines") @implementation
public func furca_event_lines(
    _ handle: OpaquePointer!, _ index: Int, _ lines: UnsafeMutablePointer<UInt32>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(lines, capacity: capacity, "lines")
        let found = try session(handle).event(index).event.structure.lines
        result.pointee = found.count
        write(found, to: room) { UInt32(clamping: $0) }
    }
}

@_cdecl("furca_session_on_event") @implementation
public func furca_session_on_event(
    _ handle: OpaquePointer!, _ callback: furca_event_callback!, _ payload: UnsafeMutableRawPointer!
) -> furca_status {
    status { () throws(SessionError) in
        let session = try session(handle)
        guard let callback else { return try session.onEvent(nil) }
        // Both are the caller's: handed back as they came, on the thread that is inside a call.
        nonisolated(unsafe) let payload = payload
        nonisolated(unsafe) let handle = handle
        try session.onEvent { index in callback(handle, index, payload) }
    }
}

@_cdecl("furca_event_text") @implementation
public func furca_event_text(
    _ handle: OpaquePointer!, _ index: Int, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
    _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        try write(try session(handle).event(index).text, to: buffer, capacity: capacity, length: length)
    }
}
