import CFurca
import Session

@_cdecl("furca_abi_version") @implementation
public func furca_abi_version() -> UInt32 { UInt32(FURCA_ABI_VERSION) }
