import Kernels

/// STUB for the interface: see the plan.
package struct Sketch: Sendable {
    package let exactLimit: Int
    package let origin: Double?

    /// - Parameters:
    ///   - exactLimit: all finite values are kept, sorted, while there are at most this many.
    ///   - origin: a nonzero constant c; if given, x − c is counted as well (`centred`), for the fork tests alone.
    package init(exactLimit: Int = 4096, origin: Double? = nil) {
        self.exactLimit = exactLimit
        self.origin = origin
    }

    package mutating func update(_ buffer: ElementBuffer, scratch: Scratch) { fatalError() }
    package mutating func merge(_ other: Sketch) { fatalError() }

    /// nil while empty, and when values of several types were added.
    package var elementType: ElementType? { fatalError() }
    package var count: UInt64 { fatalError() }
    package var finiteCount: UInt64 { fatalError() }
    package var nan: UInt64 { fatalError() }
    package var positiveInfinity: UInt64 { fatalError() }
    package var negativeInfinity: UInt64 { fatalError() }
    package var zeros: UInt64 { fatalError() }
    package var subnormals: UInt64 { fatalError() }
    package var min: Double { fatalError() }
    package var max: Double { fatalError() }
    package var moments: Moments { fatalError() }
    package var l1: Double { fatalError() }
    package var l2: Double { fatalError() }

    /// The finite values, ascending; nil once there are more than `exactLimit`.
    package var exactValues: [Double]? { fatalError() }
    /// Counts of the finite values by code, ascending in value.
    package var codes: CodeHistogram { fatalError() }
    /// Counts of x − origin; nil without an origin, or after a merge with another origin.
    package var centred: CodeHistogram? { fatalError() }
    /// True if every value so far sits on the lower edge (in magnitude) of its bin: bfloat16 values, in whatever type.
    package var isOnBinEdges: Bool { fatalError() }

    package func quantile(_ q: Double) -> Double { fatalError() }
    package func cdf(_ value: Double) -> Double { fatalError() }

    package func serialized() -> [UInt8] { fatalError() }
    package init(serialized bytes: UnsafeRawBufferPointer) throws(SketchFormatError) { fatalError() }
}

package enum SketchFormatError: Error, Equatable {
    case notASketch(String)      // what is wrong with the bytes
    case newerVersion(UInt8)
}

/// Count, mean and central moment sums of finite values.
package struct Moments: Sendable, Equatable {
    package var count: UInt64 = 0
    package var mean = 0.0
    package var m2 = 0.0
    package var m3 = 0.0
    package var m4 = 0.0
    package init() {}
    package mutating func merge(_ other: Moments) { fatalError() }
    /// Population figures; NaN where undefined.
    package var standardDeviation: Double { fatalError() }
    package var skewness: Double { fatalError() }
    package var excessKurtosis: Double { fatalError() }
}

/// Sparse counts of 16-bit codes (the upper half of a float32 pattern), ascending in value.
package struct CodeHistogram: Sendable, Equatable {
    package var binCount: Int { fatalError() }
    package var total: UInt64 { fatalError() }
    /// The i-th occupied bin: its code, its edges in ascending order and how many values it holds.
    package func bin(_ i: Int) -> (code: UInt16, lower: Double, upper: Double, count: UInt64) { fatalError() }
}
