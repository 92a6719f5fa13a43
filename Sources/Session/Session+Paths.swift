import Forks
import Kernels
import RunFile

/// The fixed sample of each tensor's elements that is followed from look to look.
extension Session {
    /// What is followed of a tensor, as of its latest look that read memory.
    package struct PathsNow: Sendable {
        package let step: Int
        package let values: [Float]
        /// The name of the branch each is in; nil for what is not finite.
        package let branches: [Int?]
        /// See `Churn`: from the look before to this one.
        package let churn: Double
    }

    /// Which elements of a tensor are followed, ascending, in the order of indices (the last axis fastest).
    package func followedElements(of tensor: Int) throws(SessionError) -> [Int] {
        try query { () throws(SessionError) in
            let state = try state(of: tensor)
            guard let paths = state.paths else { throw noPaths(of: state) }
            return paths.elements.places
        }
    }

    /// Where they are now.
    package func paths(of tensor: Int) throws(SessionError) -> PathsNow {
        try query { () throws(SessionError) in
            let state = try state(of: tensor)
            guard let paths = state.paths else { throw noPaths(of: state) }
            guard let step = paths.step else {
                let reason =
                    state.sketch == nil
                    ? "has not been observed yet" : "has come as sketches only, in which no element can be followed"
                throw SessionError(.empty, "Tensor \"\(state.record.name)\" \(reason).")
            }
            let branches = paths.branches
            let values = paths.values
            return PathsNow(
                step: step, values: values, branches: values.map { branches.name(at: $0) }, churn: paths.churn)
        }
    }

    private func noPaths(of state: TensorState) -> SessionError {
        let reason =
            if state.isGroup {
                "it is a group, which has no elements of its own: ask for its members"
            } else if options.paths == 0 {
                "the session was opened with paths = 0"
            } else {
                "its shape is not tested (it is exempt)"
            }
        return SessionError(.empty, "No elements of tensor \"\(state.record.name)\" are followed: \(reason).")
    }

    /// Tells the run file which elements are followed, of tensors that are seen for the first time.
    func appendFollowed(_ found: BatchLooks) {
        for i in found.facts.indices where found.facts[i].beginsPaths {
            if let paths = found.states[i].paths {
                writing?.append(.followed(tensor: found.facts[i].tensor, places: paths.elements.places))
            }
        }
    }

    /// Hands over where the followed elements of each tensor are at its latest look, as far as it was not kept when it was written.
    func appendLastPaths() {
        for state in tensors {
            guard let paths = state.paths, let step = paths.step else { continue }
            writing?.append(.path(tensor: state.record.id, step: step, paths.values))
        }
    }
}

extension SessionOptions {
    /// The elements of a new tensor that are to be followed; nil for none.
    func paths(of name: String, count: Int, lastKept: Int? = nil) -> ElementPaths? {
        guard paths > 0 else { return nil }
        return ElementPaths(FollowedElements(paths, of: count, seed: seed, name: name), lastKept: lastKept)
    }
}

extension TensorState {
    /// Takes in where the followed elements are at the look that was just taken.
    ///
    /// - Parameter read: writes their values, given the elements and room for them.
    mutating func follow(
        _ look: inout TensorLook, _ read: (FollowedElements, UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        guard let step, let elements = paths?.elements else { return }
        let branches = branches
        let keeps = paths?.move(step: step, branches: branches) { read(elements, $0) } ?? false
        pathLooks += 1
        if keeps || !look.events.isEmpty { look.path = paths?.values }
    }
}
