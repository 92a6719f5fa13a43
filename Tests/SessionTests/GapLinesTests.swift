import Testing

@testable import Session

@Suite struct GapLinesTests {
    @Test func fewAreNamedOneByOne() {
        let gaps = [(name: "a.1.w", reason: "frozen"), (name: "a.2.w", reason: "frozen"), (name: "b", reason: "it is sparse")]
        #expect(GapLines.lines(gaps) == ["  a.1.w: frozen", "  a.2.w: frozen", "  b: it is sparse"])
    }

    @Test func namesThatDifferInTheirFirstNumberBecomeOne() {
        var gaps: [(name: String, reason: String)] = []
        for layer in 0..<12 {
            gaps.append(("h.\(layer).ln1.bias", "frozen"))
            gaps.append(("h.\(layer).ln1.weight", layer == 5 ? "tied" : "frozen"))
        }
        #expect(
            GapLines.lines(gaps) == [
                "  h.{0…11}.ln1.bias: frozen", "  h.{0…4,6…11}.ln1.weight: frozen", "  h.5.ln1.weight: tied",
            ])
    }

    @Test func everyNameIsThereHoweverManyThereAre() {
        let gaps = (0..<30).map { (name: "\(Character(UnicodeScalar(UInt8(97 + $0 % 26))))\($0 / 26).\($0)", reason: $0 % 2 == 0 ? "even" : "odd") }
        let lines = GapLines.lines(gaps)
        #expect(lines.count == 2)
        for gap in gaps { #expect(lines.contains { $0.contains(gap.name) && $0.hasSuffix(": \(gap.reason)") }) }
    }

    @Test(arguments: ["", "007", "x.٣.y", "99999999999999999999999.w", "9223372036854775807"])
    func namesWithOddNumbersStayAsTheyAre(name: String) {
        let gaps = [(String, String)](repeating: (name, "r"), count: 3).map { (name: $0.0, reason: $0.1) }
        #expect(GapLines.lines(gaps) == [String](repeating: "  \(name): r", count: 3))
    }

    @Test func oneOnItsOwnIsNoRange() {
        let gaps = ["w.3", "w.1", "w.1", "w.8"].map { (name: $0, reason: "r") }
        #expect(GapLines.lines(gaps) == ["  w.{1,3,8}: r"])
    }
}
