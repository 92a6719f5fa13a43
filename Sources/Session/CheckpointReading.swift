import Checkpoints
import Forks
import Kernels
import RunFile
import Sketches

/// A checkpoint on its way from its files to looks, spread over threads by bytes.
///
/// It is read in the parts in which `BatchReading` reads memory, so that looks come out the same to the last bit; each thread
/// holds a chunk of a large tensor, or one small tensor, and no more.
struct CheckpointReading {
    let step: Int
    let exactLimit: Int
    let spending: AlphaSpending

    /// The tensors as they were before, and where each lies.
    let tensors: [(state: TensorState, source: CheckpointTensor)]

    /// Bytes from which a tensor is read in parts. A thread has room for one that is smaller.
    private static let largeTensor = 2 << 20

    /// The tensors as they are after the look.
    func read(by readers: Readers) throws(SessionError) -> BatchLooks {
        let failure = FirstFailure()
        let followed = FollowedValues(tensors.map { $0.state.paths?.elements })
        let passes = readLargeTensors(by: readers, followed, failure)
        try failure.rethrow()
        var results = [(state: TensorState, look: TensorLook)?](repeating: nil, count: tensors.count)
        results.withUnsafeMutableBufferPointer { results in
            readers.share(tasks: tensors.count) { claim in
                withRoom { room, scratch in
                    while let i = claim() {
                        failure.catching { () throws(CheckpointError) in
                            results[i] = try look(at: i, passes[i], followed, room, scratch)
                        }
                    }
                }
            }
        }
        try failure.rethrow()
        var found = BatchLooks()
        for case let (state, look)? in results { found.append(state, look) }
        return found
    }

    private func look(
        at i: Int, _ pass: Pass?, _ followed: FollowedValues, _ room: UnsafeMutableRawBufferPointer, _ scratch: Scratch
    ) throws(CheckpointError) -> (state: TensorState, look: TensorLook) {
        var (state, source) = tensors[i]
        let sketch: Sketch
        if let pass {
            sketch = try self.sketch(of: source, state, pass, room, scratch)
        } else {
            let buffer = try source.read(0..<state.elementCount, as: state.record.type, into: room)
            followed.take(i, buffer, offset: 0)
            sketch = Sketch(
                CollectionOfOne(buffer), exactLimit: exactLimit, origin: state.origin, scratch: scratch)
        }
        var problem: CheckpointError?
        let (count, type) = (state.elementCount, state.record.type)
        var look = state.take(sketch, step: step, spending: spending) { sums in
            do throws(CheckpointError) {
                try forEachChunk(of: 0..<count, source, type, room) { sums.add($0) }
            } catch {
                problem = error
            }
            return problem == nil
        }
        if let problem { throw problem }
        state.follow(&look) { _, room in followed.copy(i, to: room) }
        return (state, look)
    }

    /// The sketch of a large tensor; its finite values are read again if there are so few that they are kept.
    private func sketch(
        of source: CheckpointTensor, _ state: TensorState, _ pass: Pass, _ room: UnsafeMutableRawBufferPointer,
        _ scratch: Scratch
    ) throws(CheckpointError) -> Sketch {
        let type = state.record.type
        var finite: [UInt8] = []
        if (1...UInt64(exactLimit + 1)).contains(pass.tally.moments.count) {
            try forEachChunk(of: 0..<state.elementCount, source, type, room) { $0.appendFinite(to: &finite) }
        }
        return finite.withUnsafeBytes { bytes in
            Sketch(
                pass, of: type,
                finite: ElementBuffer(start: bytes.baseAddress, count: bytes.count / type.byteCount, type: type),
                exactLimit: exactLimit, origin: state.origin, scratch: scratch)
        }
    }

    private func isLarge(_ i: Int) -> Bool {
        let state = tensors[i].state
        return state.elementCount * state.record.type.byteCount >= Self.largeTensor && state.elementCount > exactLimit
    }

    /// Passes over the large tensors, by tensor.
    private func readLargeTensors(
        by readers: Readers, _ followed: FollowedValues, _ failure: FirstFailure
    ) -> [Pass?] {
        var passes = [Pass?](repeating: nil, count: tensors.count)
        let large = tensors.indices.filter(isLarge)
        if large.isEmpty { return passes }
        let readings = large.map { i in
            Reading(
                tensors[i].state.record.type, count: tensors[i].state.elementCount, origin: tensors[i].state.origin)
        }
        let parts = large.indices.flatMap { k in
            let state = tensors[large[k]].state
            let length = ElementBuffer.partLength(state.record.type)
            return stride(from: 0, to: state.elementCount, by: length).map {
                (tensor: k, range: $0..<min(state.elementCount, $0 + length))
            }
        }
        var tallies = [Tally](repeating: Tally(), count: parts.count)
        let counts = LargeCounts(readings)
        tallies.withUnsafeMutableBufferPointer { tallies in
            readers.share(tasks: parts.count) { claim in
                withRoom { room, scratch in
                    var current: Int?
                    while let task = claim() {
                        let (k, range) = parts[task]
                        if let current, current != k { counts.take(current, from: scratch) }
                        current = k
                        failure.catching { () throws(CheckpointError) in
                            let (state, source) = tensors[large[k]]
                            var tally = Tally()
                            var offset = range.lowerBound
                            try forEachChunk(of: range, source, state.record.type, room) { chunk in
                                tally.append(scratch.add(chunk, readings[k]))
                                followed.take(large[k], chunk, offset: offset)
                                offset += chunk.count
                            }
                            tallies[task] = tally
                        }
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

    /// Reads elements chunk by chunk, each into the same room.
    private func forEachChunk(
        of range: Range<Int>, _ source: CheckpointTensor, _ type: ElementType, _ room: UnsafeMutableRawBufferPointer,
        _ body: (ElementBuffer) -> Void
    ) throws(CheckpointError) {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Scratch.chunkLength) {
            let chunk = start..<min(range.upperBound, start + Scratch.chunkLength)
            body(try source.read(chunk, as: type, into: room))
        }
    }

    /// Calls `body` with working memory for one thread.
    private func withRoom(_ body: (UnsafeMutableRawBufferPointer, Scratch) -> Void) {
        let size = max(Self.largeTensor, Scratch.chunkLength * 8, exactLimit * 8)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { room.deallocate() }
        ScratchPool.shared.withScratch { body(room, $0) }
    }
}

/// The values of the elements that are followed of each tensor, as the chunks that hold them come by, on whatever thread.
private final class FollowedValues: @unchecked Sendable {
    private let elements: [FollowedElements?]
    /// By tensor. Each chunk writes to places of its own.
    private let values: [UnsafeMutableBufferPointer<Float>]

    init(_ elements: [FollowedElements?]) {
        self.elements = elements
        values = elements.map { elements in
            let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: elements?.places.count ?? 0)
            room.initialize(repeating: .nan)
            return room
        }
    }

    deinit { for room in values { room.deallocate() } }

    /// Takes what a chunk of a tensor holds.
    ///
    /// - Parameter offset: how many elements come before the chunk.
    func take(_ tensor: Int, _ chunk: ElementBuffer, offset: Int) {
        if let elements = elements[tensor] { chunk.gather(elements.places, offset: offset, into: values[tensor]) }
    }

    func copy(_ tensor: Int, to room: UnsafeMutableBufferPointer<Float>) { _ = room.update(fromContentsOf: values[tensor]) }
}

/// What went wrong first on any of several threads.
private final class FirstFailure: @unchecked Sendable {
    private let lock = Lock()
    private var error: CheckpointError?

    /// Runs `body`, unless something has gone wrong before.
    func catching(_ body: () throws(CheckpointError) -> Void) {
        if lock.withLock({ error != nil }) { return }
        do throws(CheckpointError) {
            try body()
        } catch {
            lock.withLock { self.error = self.error ?? error }
        }
    }

    func rethrow() throws(SessionError) {
        if let error = lock.withLock({ error }) { throw SessionError(error) }
    }
}

extension SessionError {
    package init(_ error: CheckpointError) {
        let kind: Kind =
            switch error.kind {
            case .io: .io
            case .format: .format
            case .layout: .argument
            }
        self.init(kind, error.message)
    }
}
