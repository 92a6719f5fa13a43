/// How many elements go over from one branch to another: what no density can see, for as many may come as go.
package enum Churn {
    /// The share of elements that are in another branch at a later look than at an earlier one, of those that are at both looks in
    /// branches that live at both. NaN unless there are two such branches and an element in one.
    ///
    /// - Parameters:
    ///   - earlier, later: the values of the same elements.
    ///   - old, new: the tensor's branches at the two looks, ascending.
    package static func share(
        from earlier: some Sequence<Float>, in old: [Branch], to later: some Sequence<Float>, in new: [Branch]
    ) -> Double {
        let lasting = Set(old.map(\.name)).intersection(new.map(\.name))
        guard lasting.count > 1 else { return .nan }
        var stayed = 0
        var left = 0
        for (before, after) in zip(earlier, later) {
            guard let from = old.name(at: before), let to = new.name(at: after), lasting.contains(from), lasting.contains(to)
            else { continue }
            if from == to { stayed += 1 } else { left += 1 }
        }
        return stayed + left > 0 ? Double(left) / Double(stayed + left) : .nan
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
