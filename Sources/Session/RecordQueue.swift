import RunFile

/// What waits to be written, bounded so that a slow or full disk never fills memory and never holds up the trainer.
///
/// Not synchronised: `RunWriting` guards it.
struct RecordQueue {
    /// Bytes of looks that may wait.
    static let capacity = 256 << 20

    private(set) var records: [RunRecord] = []
    private var bytes = 0
    /// Looks that were not taken because the queue was full.
    private(set) var lost = 0

    var isEmpty: Bool { records.isEmpty }

    /// Takes a record. Looks and metrics are counted as lost while the queue is full; the rest is small and always taken.
    /// Returns whether the record was taken.
    mutating func append(_ record: RunRecord) -> Bool {
        let size = Self.size(of: record)
        if size > 0, bytes + size > Self.capacity {
            lost += 1
            return false
        }
        bytes += size
        records.append(record)
        return true
    }

    /// Hands over what waits, at least a record, but otherwise no more than `limit` bytes.
    mutating func take(upTo limit: Int) -> [RunRecord] {
        guard bytes > limit else {
            defer {
                records = []
                bytes = 0
            }
            return records
        }
        var taken = 0
        let count = records.firstIndex { record in
            taken += Self.size(of: record)
            return taken > limit
        }
        let first = Array(records.prefix(max(1, count ?? records.count)))
        records.removeFirst(first.count)
        bytes -= first.reduce(0) { $0 + Self.size(of: $1) }
        return first
    }

    /// Puts back, in front, what could not be written.
    mutating func putBack(_ unwritten: [RunRecord]) {
        records = unwritten + records
        bytes += unwritten.reduce(0) { $0 + Self.size(of: $1) }
    }

    /// A bound on the memory a record holds on to; 0 for those that must not be lost.
    private static func size(of record: RunRecord) -> Int {
        switch record {
        case .look(let look):
            (look.tensors + look.groups).reduce(256) { $0 + 512 + min(Int(clamping: $1.sketch.count) * 8, 65_536) + ($1.path?.count ?? 0) * 4 }
        case .metric, .leftOut: 128
        case .tensor, .gap, .event, .dropped, .rewind, .fact, .sketches, .followed, .path, .group: 0
        }
    }
}
