import Glibc

/// Which file it is that a path leads to: the same as long as the file is neither removed nor replaced.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let inode: ino_t

    /// nil if nothing can be seen there.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
    }
}
