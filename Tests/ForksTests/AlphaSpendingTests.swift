import Testing

@testable import Forks

@Test(arguments: [1, 3, 53, 1000])
func allThatIsSpentIsAtMostAlphaAndNearlyAllOfIt(tensors: Int) {
    let spending = AlphaSpending(alpha: 0.01, tensors: tensors)
    let looks = 4000
    var early = 0.0
    for look in 1...looks { early += Double(tensors) * spending.significance(look: look, late: nil) }
    var late = 0.0
    for tensor in 1...2000 {
        // The looks' shares are the same for every tensor: the first look's is 6/π² of its allowance.
        late += spending.significance(look: 1, late: tensor) * (Double.pi * Double.pi / 6)
    }
    #expect(early <= 0.005 && early > 0.0049)
    #expect(late <= 0.005 && late > 0.0049)
}

@Test func laterLooksAndLaterTensorsGetLess() {
    let spending = AlphaSpending(alpha: 0.01, tensors: 10)
    for place in 1..<200 {
        #expect(spending.significance(look: place + 1, late: nil) < spending.significance(look: place, late: nil))
        #expect(spending.significance(look: 1, late: place + 1) < spending.significance(look: 1, late: place))
        #expect(spending.significance(look: place, late: 7) > 0)
    }
}
