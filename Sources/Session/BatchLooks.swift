import RunFile

/// What a batch of looks has found, tensor by tensor.
///
/// In arrays of their own, with what is asked of every tensor in one of small elements: a state and a look are large, and reading
/// one figure of an element that holds both copies all of it.
struct BatchLooks {
    /// The tensors as they are after the look.
    var states: [TensorState] = []
    private(set) var looks: [TensorLook] = []
    private(set) var facts: [LookFacts] = []

    /// None yet.
    init() {}

    /// - Parameters:
    ///   - count: of the looks.
    ///   - fill: takes each of them, once, where it is to lie; from any threads.
    init(count: Int, _ fill: (_ rooms: Rooms) -> Void) {
        facts = [LookFacts](repeating: LookFacts(), count: count)
        states = [TensorState](unsafeUninitializedCapacity: count) { states, stateCount in
            looks = [TensorLook](unsafeUninitializedCapacity: count) { looks, lookCount in
                facts.withUnsafeMutableBufferPointer { facts in
                    if let states = states.baseAddress, let looks = looks.baseAddress, let facts = facts.baseAddress {
                        fill(Rooms(states: states, looks: looks, facts: facts))
                    }
                }
                lookCount = count
            }
            stateCount = count
        }
    }

    /// Where looks are put by the threads that take them.
    struct Rooms: @unchecked Sendable {
        fileprivate let states: UnsafeMutablePointer<TensorState>
        fileprivate let looks: UnsafeMutablePointer<TensorLook>
        fileprivate let facts: UnsafeMutablePointer<LookFacts>

        /// Puts down the i-th.
        ///
        /// - Parameter look: makes the state, which is `before`, the one after the look.
        func put(_ i: Int, _ before: TensorState, look: (inout TensorState) -> TensorLook) {
            (states + i).initialize(to: before)
            (looks + i).initialize(to: look(&states[i]))
            facts[i] = LookFacts(states[i], looks[i])
        }
    }

    mutating func append(_ state: TensorState, _ look: TensorLook) {
        facts.append(LookFacts(state, look))
        states.append(state)
        looks.append(look)
    }

    /// What has happened at the looks.
    var events: [SessionEvent] {
        var found: [SessionEvent] = []
        for i in facts.indices where facts[i].hasEvents {
            let name = states[i].record.name
            found += looks[i].events.map { SessionEvent(tensor: facts[i].tensor, event: $0, text: $0.text(tensor: name)) }
        }
        return found
    }
}

/// What is asked of every look.
struct LookFacts {
    /// Its number.
    var tensor = 0
    /// Elements and bytes that were read.
    var elements = 0
    var bytes = 0
    /// Of the tensor's elements: below 1 of a sample.
    var share = 1.0
    var isSample = false
    var isTested = false
    var hasEvents = false
    /// Whether the elements that are followed are seen for the first time.
    var beginsPaths = false
}

extension LookFacts {
    init(_ state: borrowing TensorState, _ look: borrowing TensorLook) {
        tensor = look.tensor
        elements = Int(look.sketch.count)
        bytes = elements * state.record.type.byteCount
        share = look.sample?.share ?? 1
        isSample = look.sample != nil
        isTested = look.modes != nil
        hasEvents = !look.events.isEmpty
        beginsPaths = look.path != nil && state.pathLooks == 1
    }
}
