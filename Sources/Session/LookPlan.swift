/// Which tensors the look at a step reads, how much of each, and of which the shape is tested.
struct LookPlan: Sendable, Equatable {
    let step: Int
    /// By tensor; nil if all are read whole.
    private let shares: [Double]?

    /// By tensor; nil if all are tested.
    private let tested: [Bool]?

    /// A look at all of every tensor.
    ///
    /// - Parameter tested: by tensor, nil for all.
    init(step: Int, tested: [Bool]? = nil) {
        self.step = step
        self.tested = tested
        shares = nil
    }

    init(step: Int, shares: [Double], tested: [Bool]) {
        self.step = step
        self.shares = shares
        self.tested = tested
    }

    /// Whether the fork tests of a tensor are due.
    func isTested(_ tensor: Int) -> Bool {
        guard let tested, tested.indices.contains(tensor) else { return true }
        return tested[tensor]
    }

    /// The share of a tensor's elements that is read: 1 for all, 0 for a tensor that is left out. A tensor that was not known when
    /// the plan was made is read whole.
    func share(of tensor: Int) -> Double {
        guard let shares, shares.indices.contains(tensor) else { return 1 }
        return shares[tensor]
    }
}
