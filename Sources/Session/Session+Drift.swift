import Forks

extension Session {
    /// Records that another process's copy of a tensor has come to differ from the one that is looked at here.
    ///
    /// - Parameters:
    ///   - others: how many more of that process's tensors differ.
    ///   - after: the last step at which it was the same; nil if it was never compared before.
    ///   - by: the step of the comparison, at which the tensor was looked at.
    package func noteDrift(of tensor: Int, process: Int, others: Int, after: Int?, by: Int) throws(SessionError) {
        try change { () throws(SessionError) in
            guard tensors.indices.contains(tensor) else {
                throw SessionError(.unknown, "No tensor has the number \(tensor): \(tensors.count) are registered.")
            }
            let name = tensors[tensor].record.name
            guard let step, by <= step else {
                throw SessionError(.step, "\(name) cannot have drifted by step \(by): \(self.step.map { "the last look was at \($0)" } ?? "nothing was looked at yet").")
            }
            guard by >= 0, (after ?? -1) < by else {
                throw SessionError(.step, "\(name) cannot have drifted after step \(after ?? -1) and by step \(by).")
            }
            let event = ForkEvent(
                kind: .drift, label: .none, step: step, onsetAfter: after, onsetBy: by, dip: .nan, pValue: .nan, branches: [],
                drift: .init(process: process, others: others))
            lock.withLock {
                events.append(SessionEvent(tensor: tensor, event: event, text: event.text(tensor: name)))
            }
            writing?.append(.event(tensor: tensor, event))
        }
        deliverEvents()
    }
}
