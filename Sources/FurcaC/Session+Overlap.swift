import CFurca
import Session

@_cdecl("furca_session_observe_begin") @implementation
public func furca_session_observe_begin(
    _ handle: OpaquePointer!, _ step: Int64, _ buffers: UnsafePointer<furca_buffer>!, _ count: Int
) -> furca_status {
    status { () throws(SessionError) in
        let session = try session(handle)
        try session.beginObserving(step: Int(step), try batch(buffers, count, of: session))
    }
}

@_cdecl("furca_session_observe_wait") @implementation
public func furca_session_observe_wait(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).finishObserving()
    }
}

@_cdecl("furca_session_observe_drop") @implementation
public func furca_session_observe_drop(_ handle: OpaquePointer!, _ reason: UnsafePointer<CChar>!) -> furca_status {
    status { () throws(SessionError) in
        try session(handle).dropObserving(reason: try text(reason, "reason"))
    }
}
