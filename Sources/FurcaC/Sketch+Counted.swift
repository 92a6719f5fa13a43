import CFurca
import Kernels
import Session
import Sketches

@_cdecl("furca_sketch_assemble") @implementation
public func furca_sketch_assemble(
    _ counted: UnsafePointer<furca_counted>!, _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "sketch")
        let given = try value(sized: counted, "counted")
        let type = try elementType(given.dtype, of: "The counted tensor")
        if type == .float64 {
            throw SessionError(.type, "A float64 tensor is not handed over as counts: copy its values and use furca_sketch_update.")
        }
        guard given.origin.isFinite else {
            throw SessionError(.argument, "The counted tensor's origin is \(given.origin): it must be finite, or 0 for none.")
        }
        let length = CountedTensor.tableLength(type)
        var tally = Tally()
        tally.positiveInfinity = given.pos_inf
        tally.negativeInfinity = given.neg_inf
        tally.zeros = given.zeros
        tally.minimum = given.min
        tally.maximum = given.max
        tally.absoluteSum = given.l1
        tally.isOnBinEdges = given.on_edges != 0
        tally.moments.mean = given.mean
        tally.moments.m2 = given.m2
        tally.moments.m3 = given.m3
        tally.moments.m4 = given.m4
        let tensor = CountedTensor(
            type: type, counts: try array(given.counts, count: length, "counts"),
            origin: given.origin == 0 ? nil : given.origin,
            centred: given.centred == nil ? nil : try array(given.centred, count: length, "centred"), tally: tally)
        let sketch: Sketch
        do throws(CountedError) {
            sketch = try Sketch(tensor)
        } catch {
            throw SessionError(.argument, "These are not the counts and sums of one \(type) tensor: \(error.reason).")
        }
        result.pointee = HandleTable.shared.insert(try SketchHandle(sketch))
    }
}
