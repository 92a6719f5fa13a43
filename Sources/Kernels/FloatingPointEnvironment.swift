#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs `body` with rounding to nearest and subnormals kept, whatever the host has set, and restores the host's settings.
///
/// Other libraries switch the processor to flush-to-zero; glibc's calls save and restore that too (MXCSR).
package func withDefaultFloatingPoint<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
    var host = fenv_t()
    fegetenv(&host)
    fesetenv(UnsafePointer(bitPattern: -1))  // FE_DFL_ENV, a macro that Swift does not import
    defer { fesetenv(&host) }
    return try body()
}
