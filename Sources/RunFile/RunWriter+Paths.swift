/// The elements that are followed one by one.
extension RunWriter {
    /// Which they are. Does nothing if the file says so already.
    func write(followed places: [Int], of tensor: Int, with statements: WriterStatements) throws(RunFileError) {
        try statements.followed.run([.integer(tensor), .integer(places.count), .blob(Self.bytes(of: places.map(UInt64.init)))])
    }

    func write(
        _ values: [Float], of tensor: Int, step: Int, look: Int, with statements: WriterStatements
    ) throws(RunFileError) {
        try statements.path.run([
            .integer(tensor), .integer(step), .integer(look), .blob(Self.bytes(of: values.map(\.bitPattern))),
        ])
    }

    /// Adds where they were to a look that was written without. Does nothing if the look has that, or is not in the file.
    func add(_ values: [Float], of tensor: Int, step: Int, with statements: WriterStatements) throws(RunFileError) {
        guard let look = try statements.lookWithoutPath.integer(for: [.integer(tensor), .integer(step)]) else { return }
        try write(values, of: tensor, step: step, look: look, with: statements)
    }

    /// Of numbers, one after the other, the lowest byte first.
    private static func bytes<Number: FixedWidthInteger>(of numbers: [Number]) -> [UInt8] {
        numbers.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }
}
