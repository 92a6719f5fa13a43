import Glibc
import Session

/// One line on standard error that says how far long work has come; nothing if that is no terminal.
struct ProgressBar {
    let total: Int
    private let start = Self.now()

    init(total: Int) { self.total = total }

    func show(_ done: Int, _ text: String) {
        guard Terminal.errorIsTerminal else { return }
        let width = 24
        let filled = total == 0 ? width : done * width / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let elapsed = Self.now() - start
        let left = done == 0 ? "" : ", \(Figures.duration(elapsed / Double(done) * Double(total - done))) left"
        let line = "\(bar) \(done)/\(total) \(text)\(left)"
        let columns = Terminal.size(of: STDERR_FILENO).columns
        writeToStandardError("\r\u{1B}[K\(line.prefix(max(10, columns - 1)))")
    }

    func clear() {
        guard Terminal.errorIsTerminal else { return }
        writeToStandardError("\r\u{1B}[K")
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
