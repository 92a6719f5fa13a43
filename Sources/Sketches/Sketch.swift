import Kernels

/// The distribution of all values seen so far, in a few kilobytes: exact counters, moments, and counts by code.
///
/// Finite values are kept one by one, sorted, while there are at most `exactLimit` of them; beyond that only their counts by code
/// are. All counts are exact, and a merge of sketches has the counts of one sketch of all their values, in whatever order and
/// grouping they are merged. NaN and infinities are counted and otherwise left out.
package struct Sketch: Sendable, Equatable {
    /// All finite values are kept while there are at most this many. The smaller of two after a merge.
    package internal(set) var exactLimit: Int

    /// The constant c of the second count, of x − c. nil: none, or sketches of different origins were merged.
    package internal(set) var origin: Double?

    var tally = Tally()
    var types = ElementTypes.none
    var storage = Storage.exact([])

    /// The share of the finite values that were counted by code. Below 1 the counts are those of random blocks, scaled up to all
    /// values; counts of special values, extremes and moments are exact as ever.
    package internal(set) var countedShare = 1.0

    /// Counts of x − origin, once the values themselves are no longer kept.
    var centredCodes: CodeHistogram?

    /// Finite values, or their counts.
    enum Storage: Sendable, Equatable {
        /// Ascending, −0 before +0.
        case exact([Double])
        case codes(CodeHistogram)
    }

    /// Makes an empty sketch.
    ///
    /// - Parameters:
    ///   - exactLimit: all finite values are kept, sorted, while there are at most this many.
    ///   - origin: a nonzero constant c; if given, x − c is counted as well (`centred`), for the fork tests alone.
    package init(exactLimit: Int = 4096, origin: Double? = nil) {
        self.exactLimit = Swift.max(0, exactLimit)
        self.origin = origin.flatMap { $0.isFinite && $0 != 0 ? $0 : nil }
    }
}

/// Which element types a sketch has been given.
enum ElementTypes: Sendable, Equatable {
    case none
    case one(ElementType)
    case several

    mutating func merge(_ other: ElementTypes) {
        switch (self, other) {
        case (_, .none): break
        case (.none, _): self = other
        default: if self != other { self = .several }
        }
    }
}

extension Sketch {
    /// nil while empty, and when values of several types were added.
    package var elementType: ElementType? {
        if case .one(let type) = types { type } else { nil }
    }

    /// All elements, the non-finite ones included.
    package var count: UInt64 { finiteCount + nan + positiveInfinity + negativeInfinity }
    package var finiteCount: UInt64 { moments.count }
    package var nan: UInt64 { tally.nan }
    package var positiveInfinity: UInt64 { tally.positiveInfinity }
    package var negativeInfinity: UInt64 { tally.negativeInfinity }

    /// +0 and −0.
    package var zeros: UInt64 { tally.zeros }

    /// Nonzero values below the smallest normal number of the type they were stored in.
    package var subnormals: UInt64 { tally.subnormals }

    /// The smallest finite value, −0 being below +0; NaN if there is none.
    package var min: Double { finiteCount == 0 ? .nan : tally.minimum }

    /// The largest finite value, −0 being below +0; NaN if there is none.
    package var max: Double { finiteCount == 0 ? .nan : tally.maximum }

    /// Of the finite values.
    package var moments: Moments { tally.moments }

    /// Σ|x| over the finite values.
    package var l1: Double { tally.absoluteSum }

    /// √Σx² over the finite values.
    package var l2: Double { moments.l2 }

    /// The finite values, ascending; nil once there are more than `exactLimit`.
    package var exactValues: [Double]? {
        if case .exact(let values) = storage { values } else { nil }
    }

    /// Counts of the finite values by code, ascending in value.
    package var codes: CodeHistogram {
        switch storage {
        case .exact(let values): CodeHistogram(ascending: values)
        case .codes(let codes): codes
        }
    }

    /// Counts of x − origin; nil without an origin, or after a merge with another origin.
    package var centred: CodeHistogram? {
        guard let origin else { return nil }
        return if case .exact(let values) = storage {
            withDefaultFloatingPoint { CodeHistogram(ascending: values.lazy.map { $0 - origin }) }
        } else {
            centredCodes
        }
    }

    /// True if every value so far sits on the lower edge (in magnitude) of its bin: bfloat16 values, in whatever type.
    package var isOnBinEdges: Bool { tally.isOnBinEdges }
}
