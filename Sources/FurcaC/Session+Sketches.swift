import CFurca
import Session

@_cdecl("furca_session_observe_sketches") @implementation
public func furca_session_observe_sketches(
    _ handle: OpaquePointer!, _ step: Int64, _ batch: UnsafePointer<furca_sketched>!, _ count: Int
) -> furca_status {
    status { () throws(SessionError) in
        let session = try session(handle)
        var sketched: [Sketched] = []
        for entry in try array(batch, count: count, "batch") {
            sketched.append(Sketched(tensor: Int(entry.tensor), sketch: try sketch(entry.sketch).value))
        }
        try session.observe(step: Int(step), sketched)
    }
}
