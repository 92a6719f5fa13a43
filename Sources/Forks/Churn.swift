/// How many elements go over from one branch to another: what no density can see, for as many may come as go.
package enum Churn {
    /// The share of elements that are in another branch at a later look than at an earlier one, of those that are at both looks in
    /// branches that live at both. NaN unless there are two such branches and an element in one.
    ///
    /// - Parameters:
    ///   - earlier, later: the values of the same elements.
    ///   - old, new: the tensor's branches at the two looks, ascending.
    package static func share(
        from earlier: UnsafeBufferPointer<Float>, in old: [Branch], to later: UnsafeBufferPointer<Float>, in new: [Branch]
    ) -> Double {
        let lasting = Set(old.map(\.name)).intersection(new.map(\.name))
        guard lasting.count > 1, earlier.count == later.count else { return .nan }
        let (before, after) = (Places(old, lasting), Places(new, lasting))
        var stayed = 0
        var left = 0
        for index in earlier.indices {
            let from = before[earlier[index]]
            let to = after[later[index]]
            if from < 0 || to < 0 { continue }
            if from == to { stayed += 1 } else { left += 1 }
        }
        return stayed + left > 0 ? Double(left) / Double(stayed + left) : .nan
    }

    /// The names of the branches by value, in plain arrays: a thousand values are looked up at each look of a fork.
    private struct Places {
        /// The upper ends of all branches but the last.
        private let cuts: [Double]
        /// −1 for a branch that does not last.
        private let names: [Int]

        init(_ branches: [Branch], _ lasting: Set<Int>) {
            cuts = branches.dropLast().map(\.upper)
            names = branches.map { lasting.contains($0.name) ? $0.name : -1 }
        }

        @inline(__always) subscript(value: Float) -> Int {
            guard value.isFinite else { return -1 }
            let value = Double(value)
            var branch = 0
            while branch < cuts.count && value >= cuts[branch] { branch += 1 }
            return names[branch]
        }
    }
}

extension [Branch] {
    /// The name of the branch, of these ascending ones, that a value is in: a branch holds its lower antimode, not its upper one.
    /// nil for what is not finite.
    package func name(at value: Float) -> Int? {
        guard value.isFinite, let last else { return nil }
        for branch in dropLast() where Double(value) < branch.upper { return branch.name }
        return last.name
    }
}
