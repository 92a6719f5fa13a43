import Glibc

/// The terminal's alternate screen, with keys read one by one. What was on the terminal before is back after `close`, also when a
/// signal ends the program.
final class Screen {
    private var saved = termios()
    private var isOpen = true

    init() throws {
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { throw Failure("Standard input is no terminal: use --once.") }
        Interruption.watch()
        var raw = saved
        // Ctrl-C and Ctrl-Z come as keys, so that nothing leaves the screen as it is here.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    func show(_ lines: [String]) {
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Waits for a key or until it is time to draw again; false if the user, a signal, or the end of the input asks to end.
    func wait(seconds: Double) -> Bool {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let ready = poll(&input, 1, Int32(seconds * 1000))
        if Interruption.hasCome { return false }
        // A signal that does not end the program: the terminal has another size, say.
        guard ready > 0 else { return true }
        var key: UInt8 = 0
        guard read(STDIN_FILENO, &key, 1) == 1 else { return false }
        let controlC: UInt8 = 3
        let controlD: UInt8 = 4
        return key != UInt8(ascii: "q") && key != UInt8(ascii: "Q") && key != controlC && key != controlD
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        write("\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
    }

    private func write(_ text: String) {
        _ = writeAll(Array(text.utf8), to: STDOUT_FILENO)
    }
}

/// Whether somebody has asked this program to end (SIGINT, SIGTERM, SIGHUP), so that it can do so in order.
enum Interruption {
    nonisolated(unsafe) private static var signal: sig_atomic_t = 0

    static var hasCome: Bool { signal != 0 }

    /// From now on those signals are noted and end waiting calls, instead of the program; a second one ends it.
    static func watch() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { Interruption.signal = $0 }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaction(number, &action, nil) }
        // Interrupts `poll` when the window changes its size.
        var window = sigaction()
        window.__sigaction_handler.sa_handler = { _ in }
        sigaction(SIGWINCH, &window, nil)
    }
}
