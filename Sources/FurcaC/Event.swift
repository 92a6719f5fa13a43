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
        let result = try required(sized: event, "event")
        let found = try session(handle).event(index)
        result.pointee.kind = found.event.kind.rawValue
        result.pointee.label = found.event.label.rawValue
        result.pointee.tensor = UInt32(clamping: found.tensor)
        result.pointee.step = Int64(found.event.step)
        result.pointee.onset_after = Int64(found.event.onsetAfter ?? -1)
        result.pointee.onset_by = Int64(found.event.onsetBy)
        result.pointee.dip = found.event.dip
        result.pointee.p_value = found.event.pValue
        result.pointee.branch_count = UInt32(clamping: found.event.branches.count)
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

@_cdecl("furca_event_text") @implementation
public func furca_event_text(
    _ handle: OpaquePointer!, _ index: Int, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
    _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        try write(try session(handle).event(index).text, to: buffer, capacity: capacity, length: length)
    }
}
