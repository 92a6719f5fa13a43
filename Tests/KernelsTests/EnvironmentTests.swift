import Kernels
import Testing

#if arch(x86_64) && canImport(Glibc)
import Glibc

/// Trap 3: other libraries switch the processor to flush subnormal results and operands to zero.
@Suite struct EnvironmentTests {
    @Test(arguments: ElementType.allCases)
    func flushToZeroChangesNothing(type: ElementType) {
        for input in hostileInputs(type, count: 2100) {
            input.withBuffer { buffer in
                let (pass, sorted) = (Scratch().read(buffer), Scratch().readSorted(buffer, capacity: buffer.count))
                let (flushedPass, flushedSorted) = whileFlushingToZero {
                    (Scratch().read(buffer), Scratch().readSorted(buffer, capacity: buffer.count))
                }
                #expect(flushedPass == pass, "\(input)")
                #expect(flushedSorted.tally == sorted.tally && flushedSorted.values == sorted.values, "\(input)")
            }
        }
    }

    @Test func theHostGetsItsSettingsBack() {
        whileFlushingToZero {
            _ = hostileInputs(.float32, count: 2000)[0].withBuffer { Scratch().read($0) }
            #expect(flushes)
        }
        #expect(!flushes)
    }

    private var flushes: Bool {
        var half = Float.leastNormalMagnitude
        withUnsafeMutablePointer(to: &half) { $0.pointee /= 2 }
        return half == 0
    }

    /// Sets FTZ and DAZ (bits 15 and 6 of MXCSR).
    private func whileFlushingToZero<Result>(_ body: () -> Result) -> Result {
        var host = fenv_t()
        fegetenv(&host)
        var flushing = host
        flushing.__mxcsr |= 0x8040
        fesetenv(&flushing)
        defer { fesetenv(&host) }
        return body()
    }
}
#endif
