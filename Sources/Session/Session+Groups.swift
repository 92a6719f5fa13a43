import Forks
import Kernels
import RunFile
import Sketches

/// Groups of tensors, each a row among the tensors.
extension Session {
    /// Has a union of tensors looked at like one tensor, from its members' next look on.
    ///
    /// - Parameters:
    ///   - name: of the group; among the tensors it is "group:" and this.
    ///   - pattern: of its members' names, those registered later included; see `NamePattern`.
    /// - Returns: its number among the tensors.
    package func group(name: String, pattern: String) throws(SessionError) -> Int {
        try change { () throws(SessionError) -> Int in
            if name.isEmpty || pattern.isEmpty {
                throw SessionError(.argument, "A group needs a name and a pattern of tensors' names, for example \"*.bias\".")
            }
            if options.paths == 0 {
                throw SessionError(
                    .argument,
                    "Group \"\(name)\" cannot be made: a group is judged on the elements of its members that are followed, and the "
                        + "session was opened with paths = 0.")
            }
            let tensorName = TensorGroup.tensorName(of: name)
            if let known = groups.first(where: { $0.name == name }) {
                if awaitedGroups.remove(known.tensor) != nil && known.pattern.text == pattern { return known.tensor }
                throw SessionError(
                    .duplicate, "There is a group \"\(name)\" already, of the tensors \"\(known.pattern.text)\".")
            }
            if ids[tensorName] != nil { throw SessionError(.duplicate, "A tensor is named \"\(tensorName)\" already.") }
            if spending != nil { lateTensors += 1 }
            let group = TensorGroup(name: name, pattern: pattern, tensor: tensors.count)
            let record = TensorRecord(id: group.tensor, name: tensorName, type: .float32, shape: [0], frozen: false)
            var state = TensorState(record: record, elementCount: 0, late: spending == nil ? nil : lateTensors)
            state.members = group.pattern
            planner.add(bytes: 0)
            groups.append(group)
            lock.withLock {
                tensors.append(state)
                ids[tensorName] = group.tensor
            }
            writing?.append(.group(GroupRecord(tensor: record, name: name, pattern: pattern, members: [])))
            return group.tensor
        }
    }

    /// Looks at the groups of which all members have been seen at `step`, these results included. Others wait. Under `calls`.
    func lookAtGroups(
        after found: BatchLooks, step: Int
    ) -> BatchLooks {
        var looks = BatchLooks()
        if groups.isEmpty { return looks }
        let places = Dictionary(uniqueKeysWithValues: found.facts.indices.map { (found.facts[$0].tensor, $0) })
        for index in groups.indices {
            groups[index].match(tensors)
            let group = groups[index]
            let last = tensors[group.tensor].step
            guard group.matching.contains(where: { places[$0] != nil }), last.map({ $0 < step }) ?? true else { continue }
            planner.offered(group.tensor, step: step)
            // A group is there for its fork tests, which are due or not like those of a tensor.
            if let plan, plan.step == step, !plan.isTested(group.tensor) || plan.share(of: group.tensor) == 0 { continue }
            let states = group.matching.map { id in places[id].map { found.states[$0] } ?? tensors[id] }
            let isWhole = states.allSatisfy { $0.step == step || !isExpected($0, since: last) }
            groups[index].pending = isWhole ? nil : step
            if isWhole, let (state, look) = look(at: index, states, step: step) { looks.append(state, look) }
        }
        return looks
    }

    /// Whether a group waits for a member. Not for one that is no longer handed over (frozen, say) since the group's last look, or
    /// not again since the run was resumed.
    private func isExpected(_ member: TensorState, since last: Int?) -> Bool {
        if member.isExempt || awaited.contains(member.record.id) { return false }
        guard let last, let step = member.step else { return true }
        return step >= last
    }

    /// Looks at the groups that wait for members that were not seen again before the run went on. Under `calls`.
    func publishPendingGroups(before step: Int) {
        for index in groups.indices {
            guard let pending = groups[index].pending, pending < step else { continue }
            groups[index].pending = nil
            let start = Clock.monotonic()
            guard let (state, look) = look(at: index, groups[index].matching.map({ tensors[$0] }), step: pending) else { continue }
            var found = BatchLooks()
            found.append(state, look)
            let happened = found.events
            planner.looked(at: found.facts, step: pending, seconds: Clock.monotonic() - start)
            lock.withLock {
                tensors[state.record.id] = state
                events += happened
            }
            writing?.append(
                .look(
                    LookRecord(step: pending, time: Clock.wall(), seconds: 0, offered: 0, tensors: [], groups: found.looks)))
        }
    }

    private func look(
        at index: Int, _ members: [TensorState], step: Int
    ) -> (state: TensorState, look: TensorLook)? {
        let found = GroupValues(members.filter { !$0.isExempt }, seed: options.seed)
        if found.values.isEmpty { return nil }
        note(found, of: index, step: step)
        let sketch = found.values.withUnsafeBytes { bytes in
            ScratchPool.shared.withScratch { scratch in
                let buffer = ElementBuffer(start: bytes.baseAddress, count: found.values.count, type: .float32)
                return Sketch(CollectionOfOne(buffer), exactLimit: options.exactLimit, scratch: scratch)
            }
        }
        var state = tensors[groups[index].tensor]
        state.tracker.membersPointMass = found.pointMass
        state.tracker.isFine = false
        let look = state.take(sketch, step: step, spending: beginSpending())
        return (state, look)
    }

    /// Tells the run file who is in a group, and the user who is not.
    private func note(_ found: GroupValues, of index: Int, step: Int) {
        let group = groups[index]
        let all = (found.members + found.constant).sorted()
        if group.writtenMembers != all {
            groups[index].writtenMembers = all
            var record = tensors[group.tensor].record
            record.shape = [found.values.count]
            writing?.append(
                .group(
                    GroupRecord(tensor: record, name: group.name, pattern: group.pattern.text, members: all)))
        }
        let new = found.members.isEmpty ? [] : found.constant.filter { !group.toldConstant.contains($0) }
        if new.isEmpty { return }
        groups[index].toldConstant.formUnion(new)
        let named = new.prefix(3).map { tensors[$0].record.name }.joined(separator: ", ")
        let more = new.count > 3 ? " and \(new.count - 3) more" : ""
        let gap = (
            name: TensorGroup.tensorName(of: group.name),
            reason: "without \(named)\(more) as long as they are constant, as at step \(Figures.grouped(step))"
        )
        lock.withLock { gaps.append(gap) }
        writing?.append(.gap(name: gap.name, reason: gap.reason))
    }
}
