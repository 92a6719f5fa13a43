#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension ForkEvent {
    /// One line for a person.
    package func text(tensor: String) -> String {
        switch kind {
        case .split: "\(tensor) split into \(parts) \(when): \(listed)\(along)\(reason)"
        case .birth: "\(tensor) has grown a minor branch \(when): \(listed)\(along)\(reason)"
        case .established: "\(tensor) is still split at step \(step), so the split is learned: \(listed)\(along)"
        case .merge: "\(tensor) merged \(when)" + (branches.count < 2 ? ": it has one mode again" : ": \(listed) are left")
        case .death: "\(tensor) has lost a minor branch \(when): \(listed)"
        case .release: "\(tensor) is no longer constant \(when)"
        case .nonfinite: "\(tensor) has NaN or infinite values at step \(step)"
        case .frozen: "\(tensor) has not changed since step \(onsetAfter.map(String.init) ?? "0"), seen at step \(step)"
        case .drift:
            "\(tensor) differs\(drift.map { " on process \($0.process)" } ?? "") \(since)"
                + (drift.map { $0.others > 0 ? ", and \($0.others) more of its tensors do" : "" } ?? "")
        case .turn: "the fork of \(tensor) has turned \(when): now it runs\(along)"
        }
    }

    private var along: String {
        let named = "\(structure.lines.count) of the \(structure.lineCount)"
        return switch structure.axis {
        case .none: ""
        case .rows: " along rows" + (structure.lines.isEmpty ? "" : ", of which \(named) stand apart")
        case .columns: " along columns" + (structure.lines.isEmpty ? "" : ", of which \(named) stand apart")
        case .elements: " through all rows and columns"
        }
    }

    private var parts: String {
        let words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
        return words.indices.contains(branches.count) ? words[branches.count] : "\(branches.count)"
    }

    private var when: String {
        guard let onsetAfter, onsetAfter < onsetBy - 1 else { return "at step \(onsetBy)" }
        return "between steps \(onsetAfter) and \(onsetBy)"
    }

    private var since: String {
        guard let onsetAfter else { return "at step \(onsetBy), when it was first compared" }
        return "at step \(onsetBy), and was the same at step \(onsetAfter)"
    }

    private var listed: String { branches.text }

    private var reason: String {
        switch label {
        case .none: ""
        case .optimizer: " (the optimiser's first updates, not learning)"
        case .learned: " (learned)"
        case .lattice: " (evenly spaced values, of a sign-type optimiser or of quantisation)"
        case .pruned: " (pruned: a gap about zero)"
        }
    }
}

extension [Branch] {
    /// Their shares and places, as in "45 % at -0.131, 55 % at 0.138": in three digits, or as many as tell the places apart. Of more
    /// than nine the first and the last.
    package var text: String {
        let shown = count > 9 ? Array(prefix(4) + suffix(4)) : self
        let digits = Self.digits(shown.map(\.position))
        var texts = shown.map { "\($0.share) at \(significantDigits($0.position, digits))" }
        if count > 9 { texts.insert("…", at: 4) }
        return texts.joined(separator: ", ")
    }

    /// As many that the last digit of the largest place is worth at most half the distance between two places.
    private static func digits(_ places: [Double]) -> Int {
        let sorted = places.filter(\.isFinite).sorted()
        guard let largest = sorted.map(\.magnitude).max(), largest > 0,
            let distance = zip(sorted.dropFirst(), sorted).map({ $0 - $1 }).filter({ $0 > 0 }).min()
        else { return 3 }
        return Swift.min(17, Swift.max(3, 1 + Int((log10(largest).rounded(.down) - log10(distance / 2).rounded(.down)))))
    }
}

extension Branch {
    /// As in "45 %" and "0.0153 %".
    fileprivate var share: String {
        let percent = mass * 100
        return (percent >= 10 || percent == 0 ? String(Int(percent.rounded())) : significantDigits(percent, 3)) + " %"
    }
}
