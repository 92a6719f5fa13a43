import Glibc

/// Starts a thread that never gets a signal: signals are the host's business.
///
/// - Returns: nil if the system gives no thread; `errno` says why.
func startThread(
    _ body: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void, _ context: UnsafeMutableRawPointer
) -> pthread_t? {
    let start = ThreadStart(body: body, context: context)
    let box = Unmanaged.passRetained(start)
    var thread = pthread_t()
    let status = withSignalsBlocked {
        pthread_create(
            &thread, nil,
            { box in
                guard let box else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(box).takeRetainedValue()
                start.body(start.context)
                return nil
            }, box.toOpaque())
    }
    if status == 0 { return thread }
    box.release()
    errno = status
    return nil
}

private final class ThreadStart {
    let body: @convention(c) (UnsafeMutableRawPointer) -> Void
    let context: UnsafeMutableRawPointer

    init(body: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void, context: UnsafeMutableRawPointer) {
        self.body = body
        self.context = context
    }
}

/// Runs `body` with all signals blocked, which a thread it starts inherits.
private func withSignalsBlocked<Result>(_ body: () -> Result) -> Result {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return body()
}
