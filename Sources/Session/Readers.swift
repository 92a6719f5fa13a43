import Glibc

/// A few threads of the library's own that share the reading of a batch with the thread that observes.
///
/// They are started when there is first enough to do, sleep between batches, and end with `close`.
final class Readers: @unchecked Sendable {
    /// How many threads read, the caller's own included.
    let count: Int

    private let lock = Lock()
    private var threads: [pthread_t] = []
    private var isClosing = false
    /// What is being shared out now; nil between jobs.
    private var work: ((_ claim: () -> Int?) -> Void)?
    private var tasks = 0
    private var claimed = 0
    /// How many more of the threads may join the present job, and how many are at it.
    private var wanted = 0
    private var busy = 0

    /// - Parameter count: 0 for as many as there are processors, but at most four.
    init(count: Int) {
        self.count = count > 0 ? count : min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 4)
    }

    /// Has each of the threads call `body`, which claims tasks 0 ..< `tasks` one after the other until there are none, and
    /// returns when all are done.
    func share(tasks: Int, _ body: (_ claim: () -> Int?) -> Void) {
        let helpers = min(count, tasks) - 1
        guard helpers > 0 else {
            var next = 0
            body {
                defer { next += 1 }
                return next < tasks ? next : nil
            }
            return
        }
        withoutActuallyEscaping(body) { body in
            lock.withLock {
                start(helpers)
                work = body
                self.tasks = tasks
                claimed = 0
                wanted = helpers
                lock.wakeAll()
            }
            body(claim)
            lock.withLock {
                wanted = 0
                while busy > 0 { lock.wait() }
                work = nil
            }
        }
    }

    /// Ends the threads.
    func close() {
        lock.withLock {
            isClosing = true
            lock.wakeAll()
        }
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    /// Starts threads until there are enough; fewer if the system gives none.
    private func start(_ helpers: Int) {
        while threads.count < helpers {
            let context = Unmanaged.passRetained(self)
            guard let thread = startThread({ Unmanaged<Readers>.fromOpaque($0).takeRetainedValue().run() }, context.toOpaque())
            else { return context.release() }
            threads.append(thread)
        }
    }

    private func run() {
        while joinsJob() {
            // In a call of its own, so that nothing holds on to the work when `busy` says that this thread is done with it.
            doWork()
            lock.withLock {
                busy -= 1
                if busy == 0 { lock.wakeAll() }
            }
        }
    }

    @inline(never) private func doWork() {
        work?(claim)
    }

    /// Waits until there is work; false once the pool is closing.
    private func joinsJob() -> Bool {
        lock.withLock {
            while wanted == 0 && !isClosing { lock.wait() }
            guard !isClosing else { return false }
            wanted -= 1
            busy += 1
            return true
        }
    }

    private func claim() -> Int? {
        lock.withLock {
            guard claimed < tasks else { return nil }
            claimed += 1
            return claimed - 1
        }
    }
}
