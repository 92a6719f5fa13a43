/// Which tensors the look at a step reads, and how much of each.
struct LookPlan: Sendable, Equatable {
    let step: Int
    /// By tensor; nil if all are read whole.
    private let shares: [Double]?

    /// A look at all of every tensor.
    init(step: Int) {
        self.step = step
        shares = nil
    }

    init(step: Int, shares: [Double]) {
        self.step = step
        self.shares = shares
    }

    /// The share of a tensor's elements that is read: 1 for all, 0 for a tensor that is left out. A tensor that was not known when
    /// the plan was made is read whole.
    func share(of tensor: Int) -> Double {
        guard let shares, shares.indices.contains(tensor) else { return 1 }
        return shares[tensor]
    }
}
