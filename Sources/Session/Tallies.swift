import RunFile

/// What a session has read so far.
struct Tallies {
    var looks = 0
    var looksLeftOut = 0
    var elements = 0
    var bytes = 0

    /// A look at a tensor.
    mutating func count(_ tensor: TensorState) {
        elements += tensor.elementCount
        bytes += tensor.elementCount * tensor.record.type.byteCount
    }
}
