import Kernels

/// The elements of a tensor that are followed one by one: a random sample, all elements with the same chance, none twice.
///
/// Which ones is a function of the seed, the tensor's name and its size, so that a run that is resumed follows the same.
struct FollowedElements: Sendable, Equatable {
    /// Ascending; in the order of indices, the last axis fastest.
    let places: [Int]

    /// - Parameters:
    ///   - wanted: how many; all of a tensor that has no more.
    ///   - count: the tensor's elements.
    init(_ wanted: Int, of count: Int, seed: UInt64, name: String) {
        guard wanted < count else {
            places = Array(0..<count)
            return
        }
        var random = SplitMix(state: seed ^ Self.hash(name))
        // Floyd's sampling: Bentley and Floyd, "Programming pearls: a sample of brilliance", CACM 30 (1987).
        var chosen = Set<Int>(minimumCapacity: wanted)
        for last in count - wanted..<count {
            let place = random.below(last + 1)
            if !chosen.insert(place).inserted { chosen.insert(last) }
        }
        places = chosen.sorted()
    }

    /// Reads their values now, straight from the tensor's memory.
    ///
    /// - Parameters:
    ///   - pieces: one after the other, the whole tensor.
    ///   - values: as many as there are places.
    func read(_ pieces: some Collection<ElementBuffer>, into values: UnsafeMutableBufferPointer<Float>) {
        var offset = 0
        for piece in pieces {
            piece.gather(places, offset: offset, into: values)
            offset += piece.count
        }
    }

    /// Fowler, Noll and Vo's FNV-1a of the bytes, in 64 bits.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

extension SplitMix {
    /// A number from 0 to `bound` − 1, by multiplication: the same on every platform, off by less than `bound`/2^64.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
