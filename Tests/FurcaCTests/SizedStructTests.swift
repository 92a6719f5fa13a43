import Session
import Testing

@testable import FurcaC

/// A struct that has grown twice: first `a` and `b`, then `c`, then `d`.
private struct Grown: SizedStruct, Equatable {
    var struct_size: UInt32
    var a: UInt32
    var b: Double
    var c: Double
    var d: Double

    static let firstSize = 16
    static var initial: Self { Self(struct_size: 0, a: 1, b: 2, c: 3, d: 4) }
}

@Suite struct SizedStructTests {
    @Test(arguments: [(16, 3.0, 4.0), (24, 30.0, 4.0), (32, 30.0, 40.0), (64, 30.0, 40.0)])
    func fieldsThatTheCallerDoesNotKnowAreInitial(size: Int, c: Double, d: Double) throws {
        let given = Grown(struct_size: UInt32(size), a: 10, b: 20, c: 30, d: 40)
        let value = try withUnsafePointer(to: given) { try FurcaC.value(sized: $0, "options") }
        #expect(value == Grown(struct_size: UInt32(size), a: 10, b: 20, c: c, d: d))
    }

    @Test(arguments: [(16, 7.0, 7.0), (24, 30.0, 7.0), (32, 30.0, 40.0), (64, 30.0, 40.0)])
    func onlyFieldsThatTheCallerKnowsAreWritten(size: Int, c: Double, d: Double) throws {
        var place = Grown(struct_size: UInt32(size), a: 7, b: 7, c: 7, d: 7)
        try SizedPlace(&place, "stats").write(Grown(struct_size: 0, a: 10, b: 20, c: 30, d: 40))
        #expect(place == Grown(struct_size: UInt32(size), a: 10, b: 20, c: c, d: d))
    }

    @Test(arguments: [UInt32(0), 4, 8, 15, 17, 20, 28, 31, 33, .max])
    func sizesThatNoHeaderHasAreRefused(size: UInt32) {
        var place = Grown(struct_size: size, a: 7, b: 7, c: 7, d: 7)
        #expect(throws: SessionError.self) { try FurcaC.value(sized: &place, "options") }
        #expect(throws: SessionError.self) { _ = try SizedPlace(&place, "stats") }
        #expect(place == Grown(struct_size: size, a: 7, b: 7, c: 7, d: 7))
    }
}
