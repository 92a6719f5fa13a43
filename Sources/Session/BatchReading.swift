import Forks
import Kernels
import RunFile
import Sketches

/// A tensor as it was before a look, and what the look is to read.
struct TensorReading {
    var state: TensorState
    let pieces: ArraySlice<ElementBuffer>
    /// Of the elements: 1 for all, less for a random sample of blocks.
    let share: Double
    /// Whether its fork tests are due.
    let isTested: Bool
}

/// One batch on its way from memory to looks, spread over threads by bytes.
///
/// A large tensor is read in parts by all threads; then each tensor's sketch is finished and tested, several small tensors to a
/// task. Who reads what makes no difference to any result.
struct BatchReading {
    let step: Int
    let exactLimit: Int
    let spending: AlphaSpending
    /// How many tensors the caller handed over.
    let offered: Int
    let tensors: [TensorReading]

    /// The tensors as they are after the look.
    func read(by readers: Readers) -> BatchLooks {
        let passes = readLargeTensors(by: readers)
        let groups = self.groups
        // The groups are all tensors, each once.
        return BatchLooks(count: tensors.count) { rooms in
            readers.share(tasks: groups.count) { claim in
                ScratchPool.shared.withScratch { scratch in
                    while let group = claim() {
                        for i in groups[group] { rooms.put(i, tensors[i].state) { look(at: i, &$0, passes[i], scratch) } }
                    }
                }
            }
        }
    }

    /// - Parameter state: of the tensor; it becomes the one after the look.
    private func look(at i: Int, _ state: inout TensorState, _ pass: Pass?, _ scratch: Scratch) -> TensorLook {
        let pieces = tensors[i].pieces
        if tensors[i].share < 1 {
            // The same blocks whenever the same run is made again.
            var generator = SplitMix(state: UInt64(truncatingIfNeeded: step &* 1_000_003 &+ state.record.id))
            let (sketch, sample) = Sketch.ofSample(
                pieces, share: tensors[i].share, exactLimit: exactLimit, origin: state.origin, scratch: scratch,
                using: &generator)
            var look = state.take(untested: sketch, sample, step: step)
            state.follow(&look) { $0.read(pieces, into: $1) }
            return look
        }
        let sketch =
            pass.map { Sketch($0, of: pieces, exactLimit: exactLimit, origin: state.origin, scratch: scratch) }
            ?? Sketch(pieces, exactLimit: exactLimit, origin: state.origin, scratch: scratch)
        if !tensors[i].isTested && !state.mustTest(sketch) {
            var look = state.take(untested: sketch, step: step)
            state.follow(&look) { $0.read(pieces, into: $1) }
            return look
        }
        var look = state.take(sketch, step: step, spending: spending) { sums in
            for piece in pieces { sums.add(piece) }
            return true
        }
        state.follow(&look) { $0.read(pieces, into: $1) }
        return look
    }

    /// Bytes of work from which a tensor is read in parts, and up to which tensors share a task.
    private static let largeTensor = 2 << 20
    private static let groupSize = 256 << 10

    /// What a look costs whatever its size, in terms of bytes read.
    private static let fixedCost = 16 << 10

    /// Tensors that make up one task: neighbours.
    private var groups: [Range<Int>] {
        var groups: [Range<Int>] = []
        var from = 0
        var cost = 0
        for i in tensors.indices {
            cost += Self.fixedCost + (isLarge(i) ? 0 : byteCount(i))
            if cost >= Self.groupSize || i == tensors.count - 1 {
                groups.append(from..<i + 1)
                from = i + 1
                cost = 0
            }
        }
        return groups
    }

    private func byteCount(_ i: Int) -> Int {
        Int(tensors[i].share * Double(tensors[i].pieces.reduce(0) { $0 + $1.count * $1.type.byteCount }))
    }

    private func isLarge(_ i: Int) -> Bool {
        tensors[i].share == 1 && byteCount(i) >= Self.largeTensor && tensors[i].state.elementCount > exactLimit
    }

    /// Passes over the large tensors, by tensor.
    private func readLargeTensors(by readers: Readers) -> [Pass?] {
        var passes = [Pass?](repeating: nil, count: tensors.count)
        let large = tensors.indices.filter(isLarge)
        if large.isEmpty { return passes }
        let readings = large.map { i in
            Reading(
                tensors[i].state.record.type, count: tensors[i].state.elementCount, origin: tensors[i].state.origin)
        }
        let parts = large.indices.flatMap { k in
            tensors[large[k]].pieces.flatMap { $0.parts.map { (tensor: k, buffer: $0) } }
        }
        var tallies = [Tally](repeating: Tally(), count: parts.count)
        let counts = LargeCounts(readings)
        tallies.withUnsafeMutableBufferPointer { tallies in
            readers.share(tasks: parts.count) { claim in
                ScratchPool.shared.withScratch { scratch in
                    var current: Int?
                    while let task = claim() {
                        let (tensor, buffer) = parts[task]
                        if let current, current != tensor { counts.take(current, from: scratch) }
                        current = tensor
                        tallies[task] = scratch.add(buffer, readings[tensor])
                    }
                    if let current { counts.take(current, from: scratch) }
                }
            }
        }
        var first = 0
        for (k, i) in large.enumerated() {
            let end = parts[first...].firstIndex { $0.tensor != k } ?? parts.count
            passes[i] = Pass(readings[k], tallies: tallies[first..<end], counts: counts[k])
            first = end
        }
        return passes
    }
}
