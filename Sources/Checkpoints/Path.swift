import Glibc

/// Paths and what is at them.
enum Path {
    static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty || directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// What follows the last slash, ignoring slashes at the end.
    static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// What precedes the name; "" if there is nothing.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func isDirectory(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    static func exists(_ path: String) -> Bool { kind(of: path) != nil }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The names in a directory, in natural order, without hidden ones.
    static func names(in directory: String) throws(CheckpointError) -> [String] {
        guard let stream = opendir(directory) else { throw .system(directory, "cannot be listed") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted(by: naturallyPrecedes)
    }
}
