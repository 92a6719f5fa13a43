/// How the chance of any false alarm in a whole run is spent over tensors and looks, with neither number known in advance.
///
/// The sum over looks 1, 2, … of 6/(π²ℓ²) is 1, so the ℓ-th look at a tensor gets that share of the tensor's allowance. The T
/// tensors known at the first look share half of alpha evenly; the k-th tensor that comes later gets 6/(π²k²) of the other
/// half. By the union bound the chance of any false alarm is at most alpha under every dependence between looks and tensors.
package struct AlphaSpending: Sendable {
    /// Of the whole run.
    package let alpha: Double
    /// Known at the first look.
    package let tensors: Int

    package init(alpha: Double, tensors: Int) {
        self.alpha = alpha
        self.tensors = max(1, tensors)
    }

    /// The significance at which a look is tested.
    ///
    /// - Parameters:
    ///   - look: 1, 2, … for the looks at this tensor.
    ///   - late: 1, 2, … for a tensor that was registered after the first look; nil for the others.
    package func significance(look: Int, late: Int?) -> Double {
        let allowance = late.map { alpha / 2 * Self.share(of: $0) } ?? alpha / 2 / Double(tensors)
        return allowance * Self.share(of: look)
    }

    private static func share(of place: Int) -> Double {
        let place = Double(max(1, place))
        return 6 / (Double.pi * Double.pi * place * place)
    }
}
