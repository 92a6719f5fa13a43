import Forks
import Kernels
import Sketches

extension Session {
    /// From now on a tensor's shape is not tested, and no allowance for false alarms is kept for it.
    package func exempt(tensor: Int) throws(SessionError) {
        try change { () throws(SessionError) in
            guard tensors.indices.contains(tensor) else {
                throw SessionError(.unknown, "No tensor has the number \(tensor): \(tensors.count) are registered.")
            }
            let name = tensors[tensor].record.name
            if tensors[tensor].isGroup {
                throw SessionError(.argument, "\"\(name)\" is a group: it is there to be tested.")
            }
            if tensors[tensor].sketch != nil {
                throw SessionError(.argument, "Tensor \"\(name)\" has been looked at already: exempt it before its first look.")
            }
            lock.withLock {
                tensors[tensor].isExempt = true
                tensors[tensor].paths = nil
            }
            if let late = tensors[tensor].late, late == lateTensors { lateTensors -= 1 }
        }
    }
}

extension TensorState {
    /// The branches the tensor has at its latest look: one, the whole, if it is exempt.
    var branches: [Branch] {
        guard isExempt else { return tracker.branches }
        return sketch.map { Self.whole($0) } ?? []
    }

    /// Tests a look and follows the forks; of an exempt tensor only the first value that is not finite is an event.
    ///
    /// - Parameter axisSums: see `ForkTracker.observe`.
    mutating func follow(
        _ sketch: Sketch, step: Int, alpha: Double, axisSums: (_ cut: Double) -> AxisSums?
    ) -> (modes: Modes, events: [ForkEvent]) {
        guard isExempt else { return tracker.observe(sketch, step: step, alpha: alpha, axisSums: axisSums) }
        let branches = Self.whole(sketch)
        let isFirst = sketch.finiteCount < sketch.count && !hasBeenNonfinite
        hasBeenNonfinite = hasBeenNonfinite || isFirst
        let event = ForkEvent(
            kind: .nonfinite, label: .none, step: step, onsetAfter: self.step, onsetBy: step, dip: .nan, pValue: .nan,
            branches: branches)
        return (Modes(branches: branches, atoms: [], dip: .nan, dipTested: .nan, pValue: .nan), isFirst ? [event] : [])
    }

    /// All finite values as one branch; none without any.
    private static func whole(_ sketch: Sketch) -> [Branch] {
        guard sketch.finiteCount > 0 else { return [] }
        return [Branch(position: sketch.quantile(0.5), mass: 1, lower: sketch.min, upper: sketch.max)]
    }
}
