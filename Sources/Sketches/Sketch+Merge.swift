import Kernels

extension Sketch {
    /// Adds everything `other` has seen.
    ///
    /// Counts are then those of one sketch of both inputs. A sketch that has seen nothing changes nothing, and becomes the
    /// other. Otherwise the smaller `exactLimit` holds from then on, and different origins leave none.
    package mutating func merge(_ other: Sketch) {
        guard other.count > 0 else { return }
        guard count > 0 else { return self = other }
        withDefaultFloatingPoint { mergeSeen(other) }
    }

    private mutating func mergeSeen(_ other: Sketch) {
        let counted = countedShare * Double(finiteCount) + other.countedShare * Double(other.finiteCount)
        let commonOrigin = origin == other.origin ? origin : nil
        let limit = Swift.min(exactLimit, other.exactLimit)
        if finiteCount + other.finiteCount <= UInt64(limit), let a = exactValues, let b = other.exactValues {
            storage = .exact(mergeAscending(a, b))
        } else {
            var merged = codes
            merged.merge(other.codes)
            var mergedCentred = commonOrigin == nil ? nil : centred
            if let centred = other.centred { mergedCentred?.merge(centred) }
            storage = .codes(merged)
            centredCodes = mergedCentred
        }
        origin = commonOrigin
        exactLimit = limit
        types.merge(other.types)
        let isWhole = countedShare == 1 && other.countedShare == 1
        tally.merge(other.tally)
        countedShare = isWhole ? 1 : Swift.min(1, counted / Double(finiteCount))
    }
}

/// All values of two ascending arrays, ascending.
private func mergeAscending(_ a: [Double], _ b: [Double]) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(a.count + b.count)
    var i = 0
    var j = 0
    while i < a.count && j < b.count {
        if a[i].orderKey <= b[j].orderKey {
            result.append(a[i])
            i += 1
        } else {
            result.append(b[j])
            j += 1
        }
    }
    result += a[i...]
    result += b[j...]
    return result
}
