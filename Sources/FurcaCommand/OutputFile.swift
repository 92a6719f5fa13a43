import Glibc

/// A file that text is written to, a block at a time.
struct OutputFile {
    /// Beyond what a block has, nothing waits here.
    private static let blockSize = 1 << 16

    private let descriptor: Int32
    private let name: String
    private var waiting: [UInt8] = []

    static func standardOutput() -> OutputFile { OutputFile(descriptor: STDOUT_FILENO, name: "Standard output") }

    /// Makes a file where there is none.
    init(creating path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        name = path
        guard descriptor >= 0 else { throw Failure("\(path) cannot be made: \(String(cString: strerror(errno))).") }
    }

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    mutating func write(_ text: String) throws {
        waiting += text.utf8
        if waiting.count >= Self.blockSize { try flush() }
    }

    /// Writes what waits. Throws if it could not all be written.
    mutating func flush() throws {
        guard writeAll(waiting, to: descriptor) else {
            throw Failure("\(name) cannot be written: \(String(cString: strerror(errno))).")
        }
        waiting = []
    }
}

/// A line, or a piece of one, on standard error.
func writeToStandardError(_ text: String) { _ = writeAll(Array(text.utf8), to: STDERR_FILENO) }

/// Writes all bytes; false if the system refuses, `errno` says why.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done) }
        if count < 0 {
            if errno == EINTR { continue }
            return false
        }
        done += count
    }
    return true
}
