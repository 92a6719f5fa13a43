import Glibc

/// What standard output and standard error are connected to.
enum Terminal {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Colours are for people who see them and have not asked for none (https://no-color.org).
    static let hasColor = outputIsTerminal && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"

    /// Columns and rows of a terminal.
    static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}

/// How a piece of text looks.
enum Style: String {
    case bold = "1"
    case dim = "2"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case reverse = "7"

    func callAsFunction(_ text: String) -> String {
        Terminal.hasColor ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
