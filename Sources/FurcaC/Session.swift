import CFurca
import Kernels
import Session

/// The session behind a handle.
func session(_ handle: OpaquePointer?) throws(SessionError) -> Session {
    try HandleTable.shared.object(handle, as: Session.self, named: "session")
}

@_cdecl("furca_session_open") @implementation
public func furca_session_open(
    _ options: UnsafePointer<furca_session_options>!, _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "session")
        let given = options == nil ? furca_session_options.initial : try value(sized: options, "options")
        var chosen = SessionOptions()
        chosen.path = given.path == nil ? nil : try text(given.path, "options->path")
        chosen.exactLimit = Int(given.exact_limit)
        chosen.alpha = given.alpha
        chosen.budget = given.budget
        chosen.alwaysUntil = Int(given.always_until)
        chosen.threads = Int(given.threads)
        chosen.resumes = given.resume != 0
        chosen.maximumSize = Int(clamping: given.max_size)
        chosen.sketchError = given.sketch_error
        chosen.paths = Int(given.paths)
        chosen.seed = given.seed
        result.pointee = HandleTable.shared.insert(try Session(chosen))
    }
}

@_cdecl("furca_session_close") @implementation
public func furca_session_close(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        guard let handle else { return }
        let closing = try session(handle)
        try closing.refuseInChild()
        // While the handle is still good, for those who are told of its events.
        try closing.finishObserving()
        _ = try HandleTable.shared.remove(handle, as: Session.self, named: "session")
        try closing.close()
    }
}

@_cdecl("furca_session_path") @implementation
public func furca_session_path(
    _ handle: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
    _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        try write(try session(handle).path ?? "", to: buffer, capacity: capacity, length: length)
    }
}

@_cdecl("furca_session_due") @implementation
public func furca_session_due(
    _ handle: OpaquePointer!, _ step: Int64, _ due: UnsafeMutablePointer<Int32>!
) -> furca_status {
    status { () throws(SessionError) in
        let due = try required(due, "due")
        due.pointee = try session(handle).isDue(step: Int(step)) ? 1 : 0
    }
}

@_cdecl("furca_session_observe") @implementation
public func furca_session_observe(
    _ handle: OpaquePointer!, _ step: Int64, _ buffers: UnsafePointer<furca_buffer>!, _ count: Int
) -> furca_status {
    status { () throws(SessionError) in
        let session = try session(handle)
        try session.observe(step: Int(step), try batch(buffers, count, of: session))
    }
}

/// A caller's buffers.
func batch(
    _ buffers: UnsafePointer<furca_buffer>?, _ count: Int, of session: Session
) throws(SessionError) -> [Observation] {
    let buffers = try array(buffers, count: count, "buffers")
    var batch: [Observation] = []
    batch.reserveCapacity(buffers.count)
    for (index, buffer) in buffers.enumerated() {
        func subject() -> String {
            "Tensor " + (session.name(of: Int(buffer.tensor)).map { "\"\($0)\"" } ?? "\(buffer.tensor)")
                + " (buffers[\(index)])"
        }
        batch.append(
            Observation(
                tensor: Int(buffer.tensor),
                buffer: try elementBuffer(buffer.data, count: buffer.count, dtype: buffer.dtype, of: subject())))
    }
    return batch
}

@_cdecl("furca_session_group") @implementation
public func furca_session_group(
    _ handle: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ pattern: UnsafePointer<CChar>!,
    _ tensor: UnsafeMutablePointer<UInt32>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(tensor, "tensor")
        let session = try session(handle)
        let id = try session.group(name: try text(name, "name"), pattern: try text(pattern, "pattern"))
        result.pointee = UInt32(clamping: id)
    }
}

@_cdecl("furca_session_log") @implementation
public func furca_session_log(
    _ handle: OpaquePointer!, _ step: Int64, _ name: UnsafePointer<CChar>!, _ value: Double
) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).log(step: Int(step), name: try text(name, "name"), value: value)
    }
}

@_cdecl("furca_session_gap") @implementation
public func furca_session_gap(
    _ handle: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ reason: UnsafePointer<CChar>!
) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).addGap(name: try text(name, "name"), reason: try text(reason, "reason"))
    }
}

@_cdecl("furca_session_charge") @implementation
public func furca_session_charge(_ handle: OpaquePointer!, _ seconds: Double) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).charge(seconds: seconds)
    }
}

@_cdecl("furca_session_rewind") @implementation
public func furca_session_rewind(_ handle: OpaquePointer!, _ step: Int64) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).rewind(to: Int(step))
    }
}

@_cdecl("furca_session_flush") @implementation
public func furca_session_flush(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).flush()
    }
}

@_cdecl("furca_session_summary") @implementation
public func furca_session_summary(
    _ handle: OpaquePointer!, _ result: UnsafeMutablePointer<furca_summary>!
) -> furca_status {
    status { () throws(SessionError) in
        let place = try SizedPlace(result, "summary")
        let summary = try session(handle).summary
        var result = furca_summary.initial
        result.tensors = UInt32(clamping: summary.tensors)
        result.looks = UInt64(summary.looks)
        result.looks_left_out = UInt64(summary.looksLeftOut)
        result.elements = UInt64(summary.elements)
        result.bytes = UInt64(summary.bytes)
        result.events = UInt64(summary.events)
        result.gaps = UInt64(summary.gaps)
        result.records_lost = UInt64(summary.recordsLost)
        result.seconds_inside = summary.secondsInside
        result.seconds_wall = summary.secondsWall
        result.looks_in_part = UInt64(summary.looksInPart)
        result.looks_dropped = UInt64(summary.looksDropped)
        result.seconds_waiting = summary.secondsWaiting
        result.seconds_overlapped = summary.secondsOverlapped
        place.write(result)
    }
}

@_cdecl("furca_session_report") @implementation
public func furca_session_report(
    _ handle: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
    _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        try write(try session(handle).report, to: buffer, capacity: capacity, length: length)
    }
}

@_cdecl("furca_session_problem") @implementation
public func furca_session_problem(
    _ handle: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
    _ length: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let count = try required(count, "count")
        let problems = try session(handle).problems
        try write(problems.last ?? "", to: buffer, capacity: capacity, length: length)
        count.pointee = problems.count
    }
}
