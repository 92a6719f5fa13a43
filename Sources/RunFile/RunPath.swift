import Glibc

/// The path itself if nothing is there, else the first of its numbered siblings that is free: "runs/a.furca",
/// "runs/a-2.furca", "runs/a-3.furca", …
///
/// A name whose SQLite side file (`-wal`, `-journal`) still lies there counts as taken: it may hold the end of a run.
package func freeSibling(of path: String) -> String {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    if name.isEmpty || isFree(path) { return path }
    let stem: Substring
    let suffix: Substring
    if let dot = name.lastIndex(of: ".") {
        stem = path[..<dot]
        suffix = path[dot...]
    } else {
        stem = path[...]
        suffix = ""
    }
    var number = 2
    while !isFree("\(stem)-\(number)\(suffix)") { number += 1 }
    return "\(stem)-\(number)\(suffix)"
}

/// Nothing is there, not even a link to nowhere, nor a side file. What cannot be seen is called free: making it will say why not.
private func isFree(_ path: String) -> Bool {
    ["", "-wal", "-journal"].allSatisfy { suffix in
        var status = stat()
        return lstat(path + suffix, &status) != 0
    }
}

/// A place for a new run file.
enum RunPath {
    /// Makes the directories above `path` that are missing, with mode 0777 less the umask.
    /// - Throws: `.io`, naming the directory that could not be made.
    static func makeDirectories(above path: String) throws(RunFileError) {
        for slash in path.indices where path[slash] == "/" && slash != path.startIndex {
            let directory = String(path[..<slash])
            if isDirectory(directory) || mkdir(directory, 0o777) == 0 { continue }
            let reason = errno
            // Another process may have made it meanwhile.
            if reason == EEXIST, isDirectory(directory) { continue }
            throw RunFileError(
                kind: .io,
                message: "Cannot make the directory \(directory) for the run file \(path): \(words(for: reason)).")
        }
    }

    /// Makes an empty file where there is none.
    /// - Throws: `.io` if it exists or cannot be made.
    static func makeFile(at path: String) throws(RunFileError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let reason = errno
            throw RunFileError(
                kind: .io, message: "Cannot make the run file \(path): \(words(for: reason)).",
                cause: reason == EEXIST ? .nameTaken : .call)
        }
        Glibc.close(descriptor)
    }

    /// The absolute path of an existing file, all links followed: it stays right when the working directory changes.
    static func resolve(_ path: String) throws(RunFileError) -> String {
        try check(path)
        guard let resolved = realpath(path, nil) else {
            throw RunFileError(kind: .io, message: "Cannot open the run file \(path): \(words(for: errno)).")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Refuses what the system would misread.
    static func check(_ path: String) throws(RunFileError) {
        if path.isEmpty { throw RunFileError(kind: .io, message: "The path of the run file is empty.") }
        if path.utf8.contains(0) {
            throw RunFileError(kind: .io, message: "The path of the run file has a NUL character in it.")
        }
    }

    /// Size in bytes of the file at `path`; nil if it cannot be seen.
    static func size(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The system's words for an error number.
    private static func words(for number: Int32) -> String { String(cString: strerror(number)) }
}
