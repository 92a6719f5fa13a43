import CFurca
import Glibc
import Session

@_cdecl("furca_status_name") @implementation
public func furca_status_name(_ status: furca_status) -> UnsafePointer<CChar>! {
    let names: [StaticString] = [
        "FURCA_OK", "FURCA_ERROR_ARGUMENT", "FURCA_ERROR_HANDLE", "FURCA_ERROR_UNKNOWN", "FURCA_ERROR_DUPLICATE",
        "FURCA_ERROR_DTYPE", "FURCA_ERROR_SHAPE", "FURCA_ERROR_STEP", "FURCA_ERROR_EMPTY", "FURCA_ERROR_IO",
        "FURCA_ERROR_FORMAT", "FURCA_ERROR_VERSION", "FURCA_ERROR_SQL", "FURCA_ERROR_FORKED", "FURCA_ERROR_MERGE",
        "FURCA_ERROR_CAPACITY", "FURCA_ERROR_BUSY",
    ]
    let name = names.indices.contains(Int(status)) ? names[Int(status)] : "FURCA_ERROR_?"
    return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}

@_cdecl("furca_last_error") @implementation
public func furca_last_error() -> UnsafePointer<CChar>! {
    UnsafePointer(LastError.message) ?? UnsafeRawPointer(("" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
}

/// Each thread's last message.
enum LastError {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { free($0) }
        return key
    }()

    static var message: UnsafeMutablePointer<CChar>? {
        pthread_getspecific(key)?.assumingMemoryBound(to: CChar.self)
    }

    static func set(_ text: String) {
        let previous = pthread_getspecific(key)
        pthread_setspecific(key, strdup(text))
        free(previous)
    }
}

/// Runs the body of a C function: a thrown error becomes its status and this thread's last message.
func status(_ body: () throws(SessionError) -> Void) -> furca_status {
    do throws(SessionError) {
        try body()
        return furca_status(FURCA_OK)
    } catch {
        LastError.set(error.message)
        return error.kind.rawValue
    }
}
