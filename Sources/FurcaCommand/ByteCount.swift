import ArgumentParser

/// A number of bytes on the command line: "1000000", "512K", "1.5GiB". K, M, G and T are powers of 1024, as in what is printed.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init(_ bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var unit = argument.dropFirst(number.count).drop { $0 == " " }.uppercased()
        for ending in ["IB", "B"] where unit.hasSuffix(ending) {
            unit.removeLast(ending.count)
            break
        }
        guard let value = Double(number), let power = ["", "K", "M", "G", "T"].firstIndex(of: unit) else { return nil }
        let bytes = (0..<power).reduce(value) { product, _ in product * 1024 }
        guard bytes < 0x1p62 else { return nil }
        self.bytes = Int(bytes)
    }

    var defaultValueDescription: String { Numbers.bytes(bytes) }
}
