import Kernels

/// What a session has read so far.
struct Tallies {
    var looks = 0
    var looksLeftOut = 0
    var elements = 0
    var bytes = 0

    mutating func count(_ buffer: ElementBuffer) {
        elements += buffer.count
        bytes += buffer.count * buffer.type.byteCount
    }
}
