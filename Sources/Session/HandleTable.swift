import Glibc

/// Everything a caller can hold: objects behind tickets, so that a stale or foreign ticket is an error and not a crash.
///
/// A ticket is a slot's index and the generation of what is in it. It is never an address.
package final class HandleTable: @unchecked Sendable {
    /// The process's table.
    package static let shared = HandleTable()

    private struct Slot {
        var generation: UInt32 = 1
        var object: AnyObject?
    }

    private let lock = Lock()
    private var slots: [Slot] = []
    private var free: [Int] = []

    private init() {
        // Held across a fork(), so that the child finds the table and the pool whole; the session's own locks are never
        // taken in a child.
        pthread_atfork(
            {
                HandleTable.shared.lock.lock()
                ScratchPool.shared.lock.lock()
            },
            {
                ScratchPool.shared.lock.unlock()
                HandleTable.shared.lock.unlock()
            },
            {
                ScratchPool.shared.startAnewInChild()
                HandleTable.shared.lock.makeAfresh()
            })
    }

    /// Puts an object into the table and returns its ticket.
    package func insert(_ object: AnyObject) -> OpaquePointer {
        lock.withLock {
            let index: Int
            if let reused = free.popLast() {
                index = reused
            } else {
                index = slots.count
                slots.append(Slot())
            }
            slots[index].object = object
            return Self.ticket(index: index, generation: slots[index].generation)
        }
    }

    /// The object of a ticket. Throws `handle` if it is closed, or of another kind.
    package func object<Object: AnyObject>(
        _ ticket: OpaquePointer?, as kind: Object.Type, named name: StaticString
    ) throws(SessionError) -> Object {
        guard let ticket else { throw SessionError(.argument, "The \(name) is NULL.") }
        let found = lock.withLock { slot(of: ticket).flatMap { slots[$0].object } }
        guard let object = found as? Object else { throw Self.stale(name) }
        return object
    }

    /// Takes an object out of the table: its ticket is worth nothing from now on.
    package func remove<Object: AnyObject>(
        _ ticket: OpaquePointer, as kind: Object.Type, named name: StaticString
    ) throws(SessionError) -> Object {
        let removed: Object? = lock.withLock {
            guard let index = slot(of: ticket), let object = slots[index].object as? Object else { return nil }
            slots[index].object = nil
            slots[index].generation = (slots[index].generation + 1) & Self.generationMask
            free.append(index)
            return object
        }
        guard let removed else { throw Self.stale(name) }
        return removed
    }

    private static func stale(_ name: StaticString) -> SessionError {
        SessionError(.handle, "The \(name) is closed, or is not a \(name) of this library.")
    }

    // The upper 32 bits: a mark that no address has, and the generation. The lower 32 bits: the index, plus one.
    private static let mark: UInt = 0xF5 << 56
    private static let generationMask: UInt32 = 0x00FF_FFFF

    private static func ticket(index: Int, generation: UInt32) -> OpaquePointer {
        // Never nil: the mark is not zero.
        OpaquePointer(bitPattern: mark | UInt(generation) << 32 | UInt(index + 1)).unsafelyUnwrapped
    }

    private func slot(of ticket: OpaquePointer) -> Int? {
        let bits = UInt(bitPattern: ticket)
        let index = Int(bits & 0xFFFF_FFFF) - 1
        guard bits & (0xFF << 56) == Self.mark, slots.indices.contains(index) else { return nil }
        return UInt32(truncatingIfNeeded: bits >> 32) & Self.generationMask == slots[index].generation ? index : nil
    }
}
