import Testing

@testable import Forks

/// Branches side by side that hold so many of 1,000 elements each.
private func branches(_ counts: [Int], names: [Int]? = nil) -> [Branch] {
    counts.indices.map { place in
        var branch = Branch(
            position: Double(place), mass: Double(counts[place]) / 1000, lower: Double(place) - 0.5, upper: Double(place) + 0.5)
        branch.name = names?[place] ?? 0
        return branch
    }
}

/// Which of 1,000 elements, in the order of their values, each branch holds.
private func elements(_ counts: [Int]) -> [Set<Int>] {
    var next = 0
    return counts.map { count in
        defer { next += count }
        return Set(next..<next + count)
    }
}

/// The rule of `Lineage` on sets of elements, with no arithmetic on intervals. nil where it is a matter of rounding or order: exactly
/// half in common, two parents or two children alike.
private func names(_ earlier: [Int], _ later: [Int]) -> [Int?]? {
    let old = elements(earlier), new = elements(later)
    guard Set(later).count == later.count else { return nil }
    var names = [Int?](repeating: nil, count: later.count)
    for child in later.indices {
        for parent in earlier.indices {
            let (both, either) = (old[parent].intersection(new[child]).count, old[parent].union(new[child]).count)
            if 2 * both == either { return nil }
            if 2 * both > either { names[child] = parent }
        }
    }
    for child in later.indices.sorted(by: { later[$0] > later[$1] }) where names[child] == nil {
        let overlaps = old.map { $0.intersection(new[child]).count }
        let most = overlaps.max()!
        if overlaps.count(where: { $0 == most }) > 1 { return nil }
        let parent = overlaps.firstIndex(of: most)!
        if !names.contains(parent) { names[child] = parent }
    }
    return names
}

private func randomCounts(_ parts: Int, _ stream: inout Stream) -> [Int] {
    var cuts: Set<Int> = []
    while cuts.count < parts - 1 { cuts.insert(Int.random(in: 1..<1000, using: &stream)) }
    let edges = [0] + cuts.sorted() + [1000]
    return zip(edges.dropFirst(), edges).map { $0 - $1 }
}

@Test func branchesAreMatchedAsElementsAre() {
    var stream = Stream(3)
    var compared = 0
    for _ in 0..<1500 {
        let earlier = randomCounts(Int.random(in: 1...6, using: &stream), &stream)
        let later = randomCounts(Int.random(in: 1...6, using: &stream), &stream)
        // As many branches as before go on side by side.
        guard earlier.count != later.count, let expected = names(earlier, later) else { continue }
        compared += 1
        let lineage = Lineage(
            from: branches(earlier, names: earlier.indices.map { 10 + $0 }), to: branches(later), nextName: 50)
        for child in later.indices {
            if let parent = expected[child] {
                #expect(lineage.branches[child].name == 10 + parent, "\(earlier) -> \(later)")
            } else {
                #expect(lineage.created.contains(lineage.branches[child].name), "\(earlier) -> \(later)")
            }
        }
        #expect(lineage.created == Array(50..<50 + expected.count(where: { $0 == nil })))
        #expect(lineage.nextName == 50 + lineage.created.count)
        #expect(lineage.vanished == earlier.indices.filter { !expected.contains($0) }.map { 10 + $0 })
    }
    #expect(compared > 800)
}

@Test func theHeavierChildKeepsTheName() {
    let lineage = Lineage(from: branches([1000], names: [4]), to: branches([450, 550]), nextName: 5)
    #expect(lineage.branches.map(\.name) == [5, 4] && lineage.created == [5] && lineage.vanished == [])
}

@Test func asManyAsBeforeKeepTheirNames() {
    let lineage = Lineage(from: branches([500, 500], names: [7, 3]), to: branches([100, 900]), nextName: 8)
    #expect(lineage.branches.map(\.name) == [7, 3] && lineage.created == [] && lineage.nextName == 8)
}

@Test func theFirstBranchIsTheTrunk() {
    let lineage = Lineage(from: [], to: branches([1000]), nextName: 0)
    #expect(lineage.branches.map(\.name) == [0] && lineage.nextName == 1)
}
