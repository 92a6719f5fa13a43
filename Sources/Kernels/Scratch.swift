/// Working memory of one reader: dense counters that a pass fills and leaves empty again. Not to be shared between threads.
package final class Scratch {
    /// Counts by code, or by pattern for types of 16 bits.
    let counts: DenseCounts

    /// Counts by code of what is left after the origin is subtracted.
    let centredCounts: DenseCounts

    /// Counts by pattern for types of 8 bits.
    let bytes = ByteCounts()

    /// What comes out of a table.
    let list = CountList()

    let loops: Loops

    /// What the loops over float32 leave.
    let rows = Float32Rows()

    /// Room for the finite values of a block.
    let values: UnsafeMutablePointer<Double>

    /// Where the elements of a chunk with gaps are copied to.
    private var stagingRoom: UnsafeMutableRawPointer?

    /// - Parameter byteCount: at most that of a chunk.
    func staging(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let room = stagingRoom ?? .allocate(byteCount: Scratch.chunkLength * 8, alignment: 64)
        stagingRoom = room
        return room
    }

    /// Elements per block: a block and the counters it touches stay in the first-level cache between its loops.
    package static let blockLength = 4096

    /// Elements per chunk, the unit that is summed up by itself, so that sums do not depend on who reads which chunk.
    package static let chunkLength = 64 * blockLength

    /// No more elements than this go into the tables before they are emptied, so that no 32-bit counter overflows.
    let passLength: Int

    /// How many elements the tables count.
    var inTables = 0

    /// What the tables counted before they were emptied.
    var spilled = ReadCounts()

    /// - Parameter passLength: at least `chunkLength`.
    package convenience init(passLength: Int = 1 << 31, loops: Loops = .best) {
        guard let counts = DenseCounts(), let centredCounts = DenseCounts() else { fatalError("There is no memory.") }
        self.init(counts, centredCounts, passLength: passLength, loops: loops)
    }

    /// The same; nil if the system gives no memory for the tables.
    package static func make() -> Scratch? {
        guard let counts = DenseCounts(), let centredCounts = DenseCounts() else { return nil }
        return Scratch(counts, centredCounts, passLength: 1 << 31, loops: .best)
    }

    private init(_ counts: DenseCounts, _ centredCounts: DenseCounts, passLength: Int, loops: Loops) {
        self.counts = counts
        self.centredCounts = centredCounts
        self.loops = loops
        self.passLength = passLength
        values = .allocate(capacity: Scratch.blockLength)
        values.initialize(repeating: 0, count: Scratch.blockLength)
    }

    deinit {
        values.deallocate()
        rows.start.deallocate()
        stagingRoom?.deallocate()
    }
}
