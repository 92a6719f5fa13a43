/// Plans looks that fit into the budget, from what looks have cost so far.
///
/// While looking at everything costs less than one step of the training takes, looks are of everything, at as many steps as the
/// budget allows for: figures of one step can then be compared. When it costs more, so long a pause would be felt: looks then
/// take turns, each with the tensors that have not been seen for longest. Of a tensor that alone costs more than a pause, turns
/// are spent on random samples of its blocks, and as much time again on whole passes, which fork tests need.
///
/// Fork tests have a cadence of their own, for they cost more than reading a small tensor does: one that was tested at step s is
/// tested again from step s + s/64 on. So what happens at a step is found out at most 1.6 % of it later.
struct LookPlanner {
    /// A pause of this many seconds is not felt, however short the steps are.
    private static let shortestPause = 0.01
    /// What a tensor costs whatever its size, and what testing its shape costs, in terms of bytes read.
    private static let fixedBytes = 64 << 10
    private static let testedBytes = 256 << 10
    /// A tensor that was tested at step s is tested again from s + s/testCadence on.
    private static let testCadence = 64
    /// The largest share of a tensor that is read as a sample.
    private static let largestSample = 1.0 / 8
    /// Fewer bytes than this are never sampled: too few blocks to judge the error by.
    private static let leastSampledBytes = 8 << 20

    private struct Tensor {
        let bytes: Int
        /// The step of the latest look, −1 before the first.
        var lastSeen = -1
        /// The step at which its shape was last tested, −1 before that.
        var lastTested = -1
        /// The step at which the trainer last handed it over.
        var lastOffered = -1
        /// Samples that were taken since all of it was read.
        var samples = 0
        /// False once it was planned but not handed over: frozen, say. It costs nothing then.
        var isExpected = true
    }

    private var tensors: [Tensor] = []
    private var secondsPerByte: Double?
    private var secondsPerStep = 0.0
    private var lastAsked: (step: Int, time: Double)?
    private var plan: LookPlan?

    /// Takes in the next tensor.
    mutating func add(bytes: Int) {
        tensors.append(Tensor(bytes: bytes))
    }

    /// What a look at `step` reads; nil if the step is left out.
    mutating func plan(step: Int, now: Double, budget: Budget) -> LookPlan? {
        noteWhatWasNotOffered()
        measureStep(step, now: now)
        plan = makePlan(step: step, now: now, budget: budget)
        return plan
    }

    /// The trainer has handed over a tensor.
    mutating func offered(_ tensor: Int, step: Int) {
        tensors[tensor].lastOffered = step
        tensors[tensor].isExpected = true
    }

    /// A look at tensors has cost so many seconds.
    mutating func looked(at looks: [LookFacts], step: Int, seconds: Double) {
        var bytes = 0.0
        for look in looks {
            tensors[look.tensor].lastSeen = step
            if look.isTested { tensors[look.tensor].lastTested = step }
            tensors[look.tensor].samples = look.share < 1 ? tensors[look.tensor].samples + 1 : 0
            bytes += cost(of: tensors[look.tensor], share: look.share, isTested: look.isTested)
        }
        guard bytes > 0 else { return }
        let before = secondsPerByte ?? seconds / bytes
        secondsPerByte = before + (seconds / bytes - before) / 4
    }

    /// After a rewind nothing later than `step` has been seen.
    mutating func rewind(to step: Int) {
        for id in tensors.indices {
            tensors[id].lastSeen = min(tensors[id].lastSeen, step)
            tensors[id].lastTested = min(tensors[id].lastTested, step)
        }
        lastAsked = nil
    }

    private func makePlan(step: Int, now: Double, budget: Budget) -> LookPlan? {
        if budget.isFree(step: step) { return LookPlan(step: step) }
        let rate = secondsPerByte ?? 0
        let allowance = budget.allowance(now: now)
        let tested = tensors.map { step >= $0.lastTested + $0.lastTested / Self.testCadence }
        var bytes = 0.0
        for (tensor, isTested) in zip(tensors, tested) where tensor.isExpected {
            bytes += cost(of: tensor, share: 1, isTested: isTested)
        }
        let whole = bytes * rate
        if whole <= allowance { return LookPlan(step: step, tested: tested) }
        let pause = max(secondsPerStep, Self.shortestPause)
        // A look in turns waits until a pause can be paid for, or looks would become many and hold nearly nothing.
        if whole <= pause || allowance < pause { return nil }
        return turn(step: step, tested: tested, allowance: allowance, pause: pause, rate: rate)
    }

    /// The tensors whose turn it is, as many as fit.
    private func turn(step: Int, tested: [Bool], allowance: Double, pause: Double, rate: Double) -> LookPlan? {
        let order = tensors.indices.filter { tensors[$0].isExpected }
            .sorted { (tensors[$0].lastSeen, $0) < (tensors[$1].lastSeen, $1) }
        var shares = [Double](repeating: 0, count: tensors.count)
        var planned = 0.0
        for id in order {
            let share = share(of: tensors[id], pause: pause, rate: rate)
            let seconds = cost(of: tensors[id], share: share, isTested: tested[id]) * rate
            // The first may take what it needs, others no longer than a pause together with it.
            if planned + seconds > (planned == 0 ? allowance : min(allowance, pause)) { break }
            planned += seconds
            shares[id] = share
        }
        return planned > 0 ? LookPlan(step: step, shares: shares, tested: tested) : nil
    }

    /// How much of a tensor is read when its turn comes.
    private func share(of tensor: Tensor, pause: Double, rate: Double) -> Double {
        let whole = cost(of: tensor, share: 1, isTested: true) * rate
        if whole <= pause || tensor.bytes < Self.leastSampledBytes { return 1 }
        let share = min(Self.largestSample, pause / whole)
        return Double(tensor.samples) * share >= 1 ? 1 : share
    }

    private func cost(of tensor: Tensor, share: Double, isTested: Bool) -> Double {
        Double(Self.fixedBytes) + Double(tensor.bytes) * share + (isTested && share == 1 ? Double(Self.testedBytes) : 0)
    }

    private mutating func noteWhatWasNotOffered() {
        guard let plan else { return }
        for id in tensors.indices where plan.share(of: id) > 0 && tensors[id].lastOffered < plan.step {
            tensors[id].isExpected = false
        }
    }

    private mutating func measureStep(_ step: Int, now: Double) {
        if let last = lastAsked, step > last.step {
            let seconds = (now - last.time) / Double(step - last.step)
            secondsPerStep = secondsPerStep == 0 ? seconds : secondsPerStep + (seconds - secondsPerStep) / 16
        }
        lastAsked = (step, now)
    }
}
