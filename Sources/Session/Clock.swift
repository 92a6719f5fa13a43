import Glibc

/// The two clocks: one for durations, one for dates.
enum Clock {
    /// Seconds since some fixed moment; never goes back.
    static func monotonic() -> Double {
        seconds(CLOCK_MONOTONIC)
    }

    /// Seconds since 1970.
    static func wall() -> Double {
        seconds(CLOCK_REALTIME)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
