import Foundation
import Forks

/// Simulates the dip of uniform samples and fits the tail of its distribution: the table in DipCriticalValues.swift.
enum DipTable {
    static let sizes = [16, 32, 64, 128, 256, 512, 1024, 4096, 16384]

    static func run(samples: Int) {
        print("//  n, a, b  (ln p = a - b c^2; \(samples) samples each, p from 0.01 to 0.0001)")
        for n in sizes {
            var random = SplitMix(state: UInt64(n))
            let count = n > 2000 ? samples / 5 : samples
            var squares = (0..<count).map { _ in
                let values = (0..<n).map { _ in random.uniform() }.sorted()
                let dip = Dip.of(Cells(points: values))
                return Double(n) * dip * dip
            }
            squares.sort(by: >)
            let (a, b) = fit(squares)
            print(String(format: "(%d, %.3f, %.3f),", n, a, b))
            fflush(nil)
        }
    }

    /// Least squares of ln p on c² at the places where p is 0.01 … 0.0001, evenly spaced in ln p.
    private static func fit(_ squares: [Double]) -> (a: Double, b: Double) {
        var x: [Double] = []
        var y: [Double] = []
        for index in 0...20 {
            let p = pow(10, -2 - Double(index) / 10)
            let rank = Int((p * Double(squares.count)).rounded())
            if rank < 10 { continue }
            x.append(squares[rank - 1])
            y.append(log((Double(rank) - 0.5) / Double(squares.count)))
        }
        let meanX = x.reduce(0, +) / Double(x.count)
        let meanY = y.reduce(0, +) / Double(y.count)
        var covariance = 0.0
        var variance = 0.0
        for i in x.indices {
            covariance += (x[i] - meanX) * (y[i] - meanY)
            variance += (x[i] - meanX) * (x[i] - meanX)
        }
        let slope = covariance / variance
        return (meanY - slope * meanX, -slope)
    }
}
