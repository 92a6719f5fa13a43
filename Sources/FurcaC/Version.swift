import CFurca
import Session

@_cdecl("furca_abi_version") @implementation
public func furca_abi_version() -> UInt32 {
    UInt32(FURCA_ABI_VERSION)
}

@_cdecl("furca_version") @implementation
public func furca_version() -> UnsafePointer<CChar>! {
    // Kept for the life of the process, so that the pointer stays good.
    versionText
}

nonisolated(unsafe) private let versionText: UnsafePointer<CChar> = {
    let bytes = Array(libraryVersion.utf8CString)
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    copy.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(copy)
}()
