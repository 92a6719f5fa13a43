import Kernels
import Sketches

/// One look at a distribution: its values as cells, as they are and as they are tested. Of a sample of blocks these are as many as
/// were counted, or a test would take what was scaled up for evidence.
struct Look {
    /// The values as they are: points, or evenly filled bins where only codes are known.
    private(set) var values = Cells()
    /// What is tested: lattice values spread over their cells, the excess of atoms taken out.
    private(set) var tested = Cells()
    private(set) var atoms: [Atom] = []
    /// Added to a position in the cells this gives the value itself.
    private(set) var offset = 0.0
    /// Divides a value's position in the cells; a power of two, 1 unless values are so large or small that differences overflow.
    private(set) var scale = 1.0

    /// Whether only codes of the values are known.
    private var isCounted = false
    /// Whether what is tested are cells of the lattice.
    private(set) var isSpread = false
    /// The lattice the values were stored on.
    private var lattice = Lattice.float32

    init(_ sketch: Sketch) {
        guard sketch.finiteCount > 0 else { return }
        let stored = sketch.elementType.map(Lattice.init) ?? .float32
        lattice = sketch.isOnBinEdges ? stored.onBinEdges : stored
        if let exact = sketch.exactValues {
            scale = Self.scale(for: sketch)
            values = Cells(points: scale == 1 ? exact : exact.map { $0 / scale })
            isSpread = isCoarse
            tested = isCoarse ? spread(values) : values
        } else if max(sketch.min.magnitude, sketch.max.magnitude) >= 0x1p128 {
            // Such values share the outermost codes, which say nothing of how they lie.
            scale = Self.scale(for: sketch)
            values.append(lower: sketch.min / scale, upper: sketch.max / scale, mass: Double(sketch.finiteCount))
            tested = values
            isCounted = true
        } else if let centred = sketch.centred, let origin = sketch.origin {
            offset = origin
            readCodes(centred, sketch)
        } else {
            readCodes(sketch.codes, sketch)
        }
        takeOutAtoms(sketch)
    }

    /// The branches between cuts, given in the cells' coordinates: medians and shares of the values as they are.
    func branches(cuts: [Double]) -> [Branch] {
        guard values.total > 0 else { return [] }
        if cuts.isEmpty { return [branch(of: values, from: values.lower[0], to: values.upper[values.count - 1])] }
        let edges = [values.lower[0]] + cuts + [values.upper[values.count - 1]]
        return (0...cuts.count).compactMap { index in
            let part = values.part(
                from: index == 0 ? -.infinity : edges[index], to: index == cuts.count ? .infinity : edges[index + 1])
            return part.total > 0 ? branch(of: part, from: edges[index], to: edges[index + 1]) : nil
        }
    }

    private func branch(of part: Cells, from lower: Double, to upper: Double) -> Branch {
        Branch(
            position: value(part.quantile(0.5)), mass: part.total / values.total, lower: value(lower), upper: value(upper))
    }

    /// The value at a position in the cells.
    func value(_ position: Double) -> Double { offset + position * scale }

    /// The position of a value in the cells.
    func position(_ value: Double) -> Double { (value - offset) / scale }

    /// The width of the widest cell of the lattice that holds a value of the tensor.
    var resolution: Double {
        guard values.total > 0 else { return 0 }
        let largest = max(value(values.lower[0]).magnitude, value(values.upper[values.count - 1]).magnitude)
        let cell = lattice.cell(of: largest)
        return (cell.upper - cell.lower) / scale
    }

    /// How far apart values of the lattice may be that are tested as the points they are: not those spread over their cells, nor
    /// those counted by bins that hold many such points.
    var grain: Double { isSpread || isCounted ? 0 : resolution }

    /// Whether the lattice is so coarse that many values fall on the same point of it.
    var isCoarse: Bool { lattice.precision < Lattice.float32.precision }

    private func spread(_ points: Cells) -> Cells { points.moved { lattice.cell(of: points.lower[$0]) } }

    private mutating func readCodes(_ histogram: CodeHistogram, _ sketch: Sketch) {
        isCounted = true
        let histogram = histogram.joiningZeros()
        let (lower, upper) = histogram.edges
        let (least, largest) = (sketch.min - offset, sketch.max - offset)
        let arePoints = isCoarse && sketch.isOnBinEdges && offset == 0
        histogram.codes.withUnsafeBufferPointer { codes in
            lower.withUnsafeBufferPointer { lower in
                upper.withUnsafeBufferPointer { upper in
                    values = Cells(masses: histogram.counts(times: sketch.countedShare)) { index in
                        if codes[index] & 0x7FFF == 0 { return (0, 0) }
                        guard arePoints else { return (Swift.max(lower[index], least), Swift.min(upper[index], largest)) }
                        let point = codes[index] < 0x8000 ? lower[index] : upper[index]
                        return (point, point)
                    }
                    tested = values
                    // The points of a fine lattice show as well if all values are close together and far from zero.
                    isSpread = isCoarse || offset != 0 && resolution * 0x1p20 > values.upper[codes.count - 1] - values.lower[0]
                    guard isSpread else { return }
                    let (lattice, offset) = (lattice, offset)
                    tested = values.moved { index in
                        let isNegative = codes[index] >= 0x8000
                        if codes[index] & 0x7FFF != 0 && offset == 0 {
                            return lattice.cells(ofBin: lower[index], upper[index], isNegative: isNegative)
                        }
                        let cell =
                            codes[index] & 0x7FFF == 0
                            ? lattice.cell(of: offset)
                            : lattice.cells(lower: offset + lower[index], upper: offset + upper[index], isNegative: isNegative)
                        return (cell.lower - offset, cell.upper - offset)
                    }
                }
            }
        }
    }

    private mutating func takeOutAtoms(_ sketch: Sketch) {
        var finder = AtomFinder(tested)
        let last = tested.count - 1
        if sketch.zeros > 0, let zero = cell(of: 0) {
            finder.takeOut(zero, width: max(width(of: zero), finder.spacing(beside: zero)), held: Double(sketch.zeros) * sketch.countedShare)
        }
        if let origin = sketch.origin, let initial = cell(of: origin) {
            finder.takeOut(initial, width: max(width(of: initial), finder.spacing(beside: initial)), held: tested.mass[initial])
        }
        let limits = sketch.elementType.flatMap(Lattice.limits(of:))
        finder.takeOutLimit(0, width: width(of: 0), isTypes: limits.map { sketch.min <= $0.lowerBound } ?? false)
        finder.takeOutLimit(last, width: width(of: last), isTypes: limits.map { sketch.max >= $0.upperBound } ?? false)
        guard !finder.found.isEmpty else { return }
        atoms = finder.found.sorted { $0.cell < $1.cell }.map { atom in
            let middle = values.lower[atom.cell] + (values.upper[atom.cell] - values.lower[atom.cell]) / 2
            let position = atom.cell == 0 ? values.lower[0] : atom.cell == last ? values.upper[last] : middle
            return Atom(value: value(position), mass: atom.excess / values.total)
        }
        tested = finder.cells
    }

    /// The cell that holds a value; nil if none does.
    private func cell(of value: Double) -> Int? {
        let position = position(value)
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if values.upper[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low < values.count && values.lower[low] <= position ? low : nil
    }

    private func width(of cell: Int) -> Double {
        if tested.upper[cell] > tested.lower[cell] { return tested.upper[cell] - tested.lower[cell] }
        let lattice = lattice.cell(of: value(tested.lower[cell]))
        return (lattice.upper - lattice.lower) / scale
    }

    private static func scale(for sketch: Sketch) -> Double {
        let range = sketch.max - sketch.min
        let reach = max(sketch.min.magnitude, sketch.max.magnitude)
        guard reach > 0 else { return 1 }
        if range > 0x1p500 || reach > 0x1p500 { return Double.power(ofTwo: reach.binaryExponent) }
        return reach < 0x1p-500 ? Double.power(ofTwo: reach.binaryExponent) : 1
    }
}
