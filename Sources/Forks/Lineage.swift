/// Which branch of one look goes on as which of the next.
///
/// Values only keep their order on the way from one look to the next in the sense of optimal transport: the quantile coupling of
/// two distributions on a line. So a branch is an interval of shares, and two branches are the same if their intervals overlap in
/// more than half of their union. Of the others, the heaviest child keeps the name of its parent.
struct Lineage {
    /// The branches of the later look, named.
    private(set) var branches: [Branch]
    /// Names that the earlier look did not have.
    private(set) var created: [Int] = []
    /// Names that the later look no longer has.
    private(set) var vanished: [Int] = []
    /// The next free name.
    private(set) var nextName: Int

    init(from earlier: [Branch], to later: [Branch], nextName: Int) {
        branches = later
        self.nextName = nextName
        if earlier.count == later.count {
            for index in later.indices { branches[index].name = earlier[index].name }
            return
        }
        let old = Self.intervals(earlier)
        let new = Self.intervals(later)
        var names = [Int?](repeating: nil, count: later.count)
        var isTaken = [Bool](repeating: false, count: earlier.count)
        for child in later.indices {
            for parent in earlier.indices where Self.isSame(old[parent], new[child]) {
                names[child] = earlier[parent].name
                isTaken[parent] = true
            }
        }
        for child in later.indices.sorted(by: { later[$0].mass > later[$1].mass }) where names[child] == nil {
            let parent = earlier.indices.max { Self.overlap(old[$0], new[child]) < Self.overlap(old[$1], new[child]) }
            guard let parent, !isTaken[parent], Self.overlap(old[parent], new[child]) > 0 else { continue }
            names[child] = earlier[parent].name
            isTaken[parent] = true
        }
        for child in later.indices {
            if let name = names[child] {
                branches[child].name = name
            } else {
                branches[child].name = self.nextName
                created.append(self.nextName)
                self.nextName += 1
            }
        }
        vanished = earlier.indices.filter { !isTaken[$0] }.map { earlier[$0].name }
    }

    /// The shares of the values that the branches hold, side by side from 0 to 1.
    static func intervals(_ branches: [Branch]) -> [(lower: Double, upper: Double)] {
        var below = 0.0
        return branches.map { branch in
            defer { below += branch.mass }
            return (below, below + branch.mass)
        }
    }

    private typealias Interval = (lower: Double, upper: Double)

    private static func overlap(_ a: Interval, _ b: Interval) -> Double {
        max(0, min(a.upper, b.upper) - max(a.lower, b.lower))
    }

    private static func isSame(_ a: Interval, _ b: Interval) -> Bool {
        2 * overlap(a, b) > max(a.upper, b.upper) - min(a.lower, b.lower)
    }
}
