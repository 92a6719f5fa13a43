extension Session {
    /// Whether `step` should be looked at, and if so, which tensors: see `plannedShare`. A no is counted and written down.
    package func isDue(step: Int) throws(SessionError) -> Bool {
        try change { () throws(SessionError) -> Bool in
            try Self.check(step: step)
            let plan = planner.plan(step: step, now: Clock.monotonic(), budget: budget)
            lock.withLock {
                self.plan = plan
                if plan == nil { tallies.looksLeftOut += 1 }
            }
            if plan == nil { writing?.append(.leftOut(step: step)) }
            return plan != nil
        }
    }

    /// The share of a tensor's elements that the look that is due reads: 1 for all, 0 if it is left out.
    package func plannedShare(of tensor: Int) throws(SessionError) -> Double {
        try query { () throws(SessionError) in
            guard tensors.indices.contains(tensor) else {
                throw SessionError(.unknown, "No tensor has the number \(tensor): \(tensors.count) are registered.")
            }
            return plan?.share(of: tensor) ?? 1
        }
    }

    /// Of what the trainer hands over at `step`, what the plan for it says is to be read, with the share of each. All of it, if
    /// nobody has asked whether the step is due.
    func planned(_ batch: [TensorReading], step: Int) -> [TensorReading] {
        for tensor in batch { planner.offered(tensor.state.record.id, step: step) }
        guard let plan, plan.step == step else { return batch }
        return batch.compactMap { tensor in
            let share = plan.share(of: tensor.state.record.id)
            guard share > 0 else { return nil }
            return TensorReading(
                state: tensor.state, pieces: tensor.pieces, share: share, isTested: plan.isTested(tensor.state.record.id))
        }
    }
}
