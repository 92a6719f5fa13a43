import Kernels
import Sketches

/// Values of a tensor on the scale of a group: in its standard deviations from its mean.
///
/// A union of tensors is tested on this scale, for tensors of different scale or place would make it a trivial mixture. Mean and
/// deviation are exact, of the whole tensor. Three things would be forks of a union that are none:
/// - The points of a dtype's lattice, scaled differently for each tensor. So each value is spread over its lattice cell, by a number
///   that an element keeps. Mean and deviation are then those of the spread values.
/// - An atom at zero, off the mean. float32 has no zeros by chance, so zeros are left out, and mean and deviation are those of
///   the others. Of a coarser type they are values like any other.
/// - Tensors that are opposite to each other in shape (skewed to the left and to the right): that is a fork of the union, truly.
///
/// - Parameters:
///   - values: some of the tensor's, rounded to float32.
///   - sketch: of the tensor.
///   - noise: a number between 0 and 1 for each of the values.
/// - Returns: those that are finite; nil if the tensor is a point mass, which has no scale, or holds nothing finite.
package func standardised(_ values: [Float], of sketch: Sketch, noise: (_ index: Int) -> Double) -> [Float]? {
    withDefaultFloatingPoint {
        guard sketch.finiteCount > 0, sketch.min < sketch.max else { return nil }
        let lattice = Lattice(of: sketch)
        let isCoarse = lattice.precision < Lattice.float32.precision
        var (mean, variance) = moments(of: sketch, withoutZeros: !isCoarse)
        if !isCoarse && lattice.isFine(for: sketch, deviation: variance.squareRoot()) {
            let scale = 1 / variance.squareRoot()
            return values.filter { $0.isFinite && $0 != 0 }.map { Float((Double($0) - mean) * scale) }
        }
        var spread: [Double] = []
        spread.reserveCapacity(values.count)
        var shift = 0.0
        var widening = 0.0
        for (index, value) in values.enumerated() where value.isFinite && (isCoarse || value != 0) {
            let value = Double(value)
            let cell = lattice.cell(of: value)
            let width = cell.upper - cell.lower
            spread.append(cell.lower + noise(index) * width)
            shift += (cell.lower + width / 2 - value)
            widening += width * width / 12
        }
        guard !spread.isEmpty else { return [] }
        mean += shift / Double(spread.count)
        variance += widening / Double(spread.count)
        guard variance > 0, variance.isFinite else { return nil }
        let scale = 1 / variance.squareRoot()
        return spread.map { Float(($0 - mean) * scale) }
    }
}

/// Mean and variance of the finite values, or of those that are not zero.
private func moments(of sketch: Sketch, withoutZeros: Bool) -> (mean: Double, variance: Double) {
    let mean = sketch.moments.mean
    let deviation = sketch.moments.standardDeviation
    guard withoutZeros, sketch.zeros > 0, sketch.zeros < sketch.finiteCount else { return (mean, deviation * deviation) }
    let more = Double(sketch.finiteCount) / Double(sketch.finiteCount - sketch.zeros)
    return (mean * more, (deviation * deviation + mean * mean) * more - mean * more * mean * more)
}

extension Lattice {
    /// Whether all cells that hold a value are so narrow, beside the standard deviation, that nothing of them can be seen.
    fileprivate func isFine(for sketch: Sketch, deviation: Double) -> Bool {
        let widest = cell(of: max(sketch.min.magnitude, sketch.max.magnitude))
        return widest.upper - widest.lower < deviation * 1e-3 && deviation.isFinite
    }

    /// Of the float32 values of a tensor's elements.
    fileprivate init(of sketch: Sketch) {
        let stored = sketch.elementType.map(Lattice.init) ?? .float32
        let seen = stored.precision > Lattice.float32.precision ? Lattice.float32 : stored
        self = sketch.isOnBinEdges ? seen.onBinEdges : seen
    }
}
