/// Tables of 65,536 counters each that data which repeat themselves are spread over, one after the other.
@inlinable package var tableCount: Int { @inline(__always) get { 16 } }

/// From one table to the next, in counters. Not a multiple of a page, or the tables would compete for the same place in the cache.
/// A constant, so that all tables can be reached from one register.
@inlinable package var tableStride: Int { @inline(__always) get { 65_536 + 1040 } }
