import Glibc
import Kernels

/// An open safetensors file.
///
/// Tensors are read with `pread` into the caller's memory, never mapped: a file that is cut short meanwhile is then an error
/// and not a signal. May be used by several threads at once.
package final class SafetensorsFile: Sendable {
    package let path: String
    /// In the order of their bytes.
    package let tensors: [StoredTensor]
    private let descriptor: Int32
    private let identity: FileIdentity

    /// Opens a file and checks its header.
    package init(path: String) throws(CheckpointError) {
        self.path = path
        // Not to hang on a pipe nobody writes to.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(path, "cannot be opened") }
        do throws(CheckpointError) {
            identity = try FileIdentity(of: descriptor, path)
            guard identity.isRegular else { throw CheckpointError(.layout, "\(path) is not a file.") }
            tensors = try Self.header(descriptor, path, fileSize: identity.size)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    private static func header(
        _ descriptor: Int32, _ path: String, fileSize: Int
    ) throws(CheckpointError) -> [StoredTensor] {
        func refused(_ why: String) -> CheckpointError {
            CheckpointError(.format, "\(path) cannot be read as safetensors: \(why).")
        }
        guard fileSize >= 8 else { throw refused("it has \(fileSize) bytes, not even a header's length") }
        let length = Int(
            truncatingIfNeeded: UInt64(
                littleEndian: try bytes(descriptor, path, from: 0, count: 8).withUnsafeBytes { $0.load(as: UInt64.self) }))
        guard length >= 2, length <= SafetensorsHeader.lengthLimit else {
            throw refused("its header would be \(UInt64(bitPattern: Int64(length))) bytes long")
        }
        guard length <= fileSize - 8 else { throw refused("it is cut short: its header ends after the file's end") }
        let json = try bytes(descriptor, path, from: 8, count: length)
        do throws(JSONReader.Problem) {
            return try SafetensorsHeader.tensors(in: json, fileSize: fileSize)
        } catch {
            throw refused(error.text)
        }
    }

    private static func bytes(
        _ descriptor: Int32, _ path: String, from offset: Int, count: Int
    ) throws(CheckpointError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let problem: CheckpointError? = bytes.withUnsafeMutableBytes { room in
            do throws(CheckpointError) {
                try read(descriptor, path, from: offset, into: room)
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
        return bytes
    }

    /// Fills `room` with the file's bytes from `offset` on.
    package func read(from offset: Int, into room: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        try Self.read(descriptor, path, from: offset, into: room)
    }

    private static func read(
        _ descriptor: Int32, _ path: String, from offset: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        var done = 0
        while done < room.count {
            let got = pread(descriptor, room.baseAddress.map { $0 + done }, room.count - done, offset + done)
            if got < 0 {
                if errno == EINTR { continue }
                throw .system(path, "cannot be read at byte \(offset + done)")
            }
            if got == 0 {
                throw CheckpointError(
                    .io, "\(path) has become shorter while it was read: it ends at byte \(offset + done). "
                        + "Scan it again when nothing writes to it.")
            }
            done += got
        }
    }

    /// Throws if the file is no longer the one that was opened: what was read of it may be of two checkpoints.
    package func refuseIfChanged() throws(CheckpointError) {
        guard try FileIdentity(of: descriptor, path) == identity else {
            throw CheckpointError(.io, "\(path) was written to while it was read. Scan it again when nothing writes to it.")
        }
    }
}

/// What changes when a file is written to.
private struct FileIdentity: Equatable, Sendable {
    let isRegular: Bool
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init(of descriptor: Int32, _ path: String) throws(CheckpointError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(path, "cannot be looked at") }
        isRegular = status.st_mode & S_IFMT == S_IFREG
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

extension CheckpointError {
    /// With the system's own words for `errno`.
    static func system(_ path: String, _ what: String) -> CheckpointError {
        CheckpointError(.io, "\(path) \(what): \(String(cString: strerror(errno))).")
    }
}
