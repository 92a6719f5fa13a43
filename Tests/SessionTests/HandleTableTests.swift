import Testing

@testable import Session

@Suite struct HandleTableTests {
    final class Thing {}
    final class Other {}

    @Test func findsWhatItHolds() throws {
        let thing = Thing()
        let ticket = HandleTable.shared.insert(thing)
        #expect(try HandleTable.shared.object(ticket, as: Thing.self, named: "thing") === thing)
        #expect(try HandleTable.shared.remove(ticket, as: Thing.self, named: "thing") === thing)
    }

    @Test func refusesAClosedTicketEvenWhenItsSlotIsUsedAgain() throws {
        let ticket = HandleTable.shared.insert(Thing())
        _ = try HandleTable.shared.remove(ticket, as: Thing.self, named: "thing")
        let next = (0..<100).map { _ in HandleTable.shared.insert(Thing()) }
        expectError(.handle, naming: "thing") {
            _ = try HandleTable.shared.object(ticket, as: Thing.self, named: "thing")
        }
        expectError(.handle, naming: "thing") {
            _ = try HandleTable.shared.remove(ticket, as: Thing.self, named: "thing")
        }
        for ticket in next { _ = try HandleTable.shared.remove(ticket, as: Thing.self, named: "thing") }
    }

    @Test func refusesAnotherKind() throws {
        let ticket = HandleTable.shared.insert(Other())
        expectError(.handle, naming: "thing") {
            _ = try HandleTable.shared.object(ticket, as: Thing.self, named: "thing")
        }
        _ = try HandleTable.shared.remove(ticket, as: Other.self, named: "other")
    }

    @Test(arguments: [1, 42, 0xF5 << 56, UInt(bitPattern: -1), 0xF500_0001_FFFF_FFFF, 0x7FFF_0000_1234])
    func refusesForeignPointers(bits: UInt) {
        expectError(.handle, naming: "thing") {
            _ = try HandleTable.shared.object(OpaquePointer(bitPattern: bits), as: Thing.self, named: "thing")
        }
    }

    @Test func refusesNull() {
        expectError(.argument, naming: "thing", "NULL") {
            _ = try HandleTable.shared.object(nil, as: Thing.self, named: "thing")
        }
    }
}
