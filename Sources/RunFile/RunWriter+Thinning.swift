/// Old looks make room for new ones: see `Thinning`.
extension RunWriter {
    /// Thins the run until it has room again, if it has little.
    ///
    /// A transaction for each tensor, so that the write-ahead log stays small; a reader may find some tensors thinned already and
    /// others not yet.
    func thinIfLarge() throws(RunFileError) {
        guard let connection, thinning.maximumSize > 0 else { return }
        let database = connection.database
        guard try database.usedSize() > thinning.upperSize else { return }
        repeat {
            try thin(connection)
            if try database.usedSize() <= thinning.lowerSize { return }
        } while thinning.raise()
    }

    private func thin(_ connection: Connection) throws(RunFileError) {
        let database = connection.database
        let run = ThinningRun(database: database, thinning: thinning, path: path)
        try database.transaction { () throws(RunFileError) in
            try connection.statements.fact.run([.text(Thinning.levelKey), .text("\(thinning.level)")])
        }
        var keptLooks: Set<Int> = []
        for tensor in numbering.tensors.keys.sorted() {
            try database.transaction { () throws(RunFileError) in try run.thin(tensor: tensor, keptLooks: &keptLooks) }
        }
        guard thinning.statistics != nil else { return }
        for name in numbering.metricNames.values.sorted() {
            try database.transaction { () throws(RunFileError) in try run.thin(metric: name) }
        }
        try database.transaction { () throws(RunFileError) in
            try run.thinLooks(except: keptLooks, facts: connection.statements.fact)
        }
    }
}

/// One pass over a run.
private struct ThinningRun {
    let database: SQLiteDatabase
    let thinning: Thinning
    let path: String

    private struct Row {
        var step: Int
        var look: Int
        var sketch: Int?
        var rewind: Int
        var isEvent: Bool
    }

    func thin(tensor: Int, keptLooks: inout Set<Int>) throws(RunFileError) {
        var rows: [Row] = []
        try database.forEach(
            """
            select o.step, o.look, o.sketch, coalesce(l.superseded, 0),
                exists (select 1 from event e where e.look = o.look and e.tensor = o.tensor)
            from observation o join look l on l.id = o.look where o.tensor = ? order by l.superseded, o.step, o.look
            """, [.integer(tensor)]
        ) { row in
            rows.append(
                Row(
                    step: row.integer(0) ?? 0, look: row.integer(1) ?? 0, sketch: row.integer(2), rewind: row.integer(3) ?? 0,
                    isEvent: row.integer(4) == 1))
        }
        let withSketch = rows.filter { $0.sketch != nil }
        let keptSketches = kept(withSketch, on: thinning.sketches)
        let statement = { (sql: String) throws(RunFileError) in try Statement(sql, in: database, doing: "thin") }
        let dropSketch = try statement("delete from sketch where id = ?")
        let clearSketch = try statement("update observation set sketch = null where tensor = ? and step = ? and look = ?")
        for row in withSketch where !keptSketches.contains(row.look) {
            try dropSketch.run([.integer(row.sketch)])
            try clearSketch.run([.integer(tensor), .integer(row.step), .integer(row.look)])
        }
        let keptPaths = try thinPaths(of: tensor, rows)
        guard let grid = thinning.statistics else { return }
        // A sketch without its statistics would be found by nobody.
        let keptRows = kept(rows, on: grid).union(keptSketches).union(keptPaths)
        keptLooks.formUnion(keptRows)
        let dropBranches = try statement("delete from branch where tensor = ? and step = ? and look = ?")
        let dropRow = try statement("delete from observation where tensor = ? and step = ? and look = ?")
        for row in rows where !keptRows.contains(row.look) {
            for drop in [dropBranches, dropRow] { try drop.run([.integer(tensor), .integer(row.step), .integer(row.look)]) }
        }
    }

    /// - Returns: the looks that keep where the followed elements were.
    private func thinPaths(of tensor: Int, _ rows: [Row]) throws(RunFileError) -> Set<Int> {
        var paths: [Int: Int] = [:]
        try database.forEach("select look, id from path where tensor = ?", [.integer(tensor)]) { row in
            if let look = row.integer(0) { paths[look] = row.integer(1) }
        }
        let withPaths = rows.filter { paths[$0.look] != nil }
        let kept = kept(withPaths, on: thinning.paths)
        let drop = try Statement("delete from path where id = ?", in: database, doing: "thin")
        for row in withPaths where !kept.contains(row.look) { try drop.run([.integer(paths[row.look])]) }
        return kept
    }

    /// The looks of which something is kept: the first in each cell of each past of the run, the last, and those with events.
    private func kept(_ rows: [Row], on grid: StepGrid) -> Set<Int> {
        var kept: Set<Int> = []
        for (index, row) in rows.enumerated() {
            let isFirst = index == 0 || rows[index - 1].rewind != row.rewind || grid.cell(of: rows[index - 1].step) != grid.cell(of: row.step)
            let isLast = index + 1 == rows.count || rows[index + 1].rewind != row.rewind
            if isFirst || isLast || row.isEvent { kept.insert(row.look) }
        }
        return kept
    }

    func thin(metric name: Int) throws(RunFileError) {
        guard let grid = thinning.statistics else { return }
        var rows: [(step: Int, number: Int, rewind: Int)] = []
        try database.forEach(
            "select step, number, coalesce(superseded, 0) from metric where name = ? order by superseded, step, number",
            [.integer(name)]
        ) { row in rows.append((row.integer(0) ?? 0, row.integer(1) ?? 0, row.integer(2) ?? 0)) }
        let drop = try Statement("delete from metric where name = ? and step = ? and number = ?", in: database, doing: "thin")
        for index in rows.indices.dropFirst().dropLast() {
            let (before, row, after) = (rows[index - 1], rows[index], rows[index + 1])
            if before.rewind != row.rewind || after.rewind != row.rewind { continue }
            if before.step == row.step || grid.cell(of: before.step) != grid.cell(of: row.step) { continue }
            try drop.run([.integer(name), .integer(row.step), .integer(row.number)])
        }
    }

    /// Takes out looks that no tensor has kept, and the steps that were left out, and keeps count of them.
    func thinLooks(except kept: Set<Int>, facts: Statement) throws(RunFileError) {
        var dropped: [(look: Int, seconds: Double)] = []
        try database.forEach(
            """
            select id, seconds from look l where not exists (select 1 from event e where e.look = l.id)
            and id <> (select max(id) from look)
            """
        ) { row in
            if let look = row.integer(0), !kept.contains(look) { dropped.append((look, row.real(1) ?? 0)) }
        }
        let drop = try Statement("delete from look where id = ?", in: database, doing: "thin")
        for (look, _) in dropped { try drop.run([.integer(look)]) }
        let leftOut = try database.integer("select count(*) from left_out_step") ?? 0
        try database.execute("delete from left_out_step", doing: "thin")
        func add(_ amount: Double, to key: String, isWhole: Bool) throws(RunFileError) {
            var before = 0.0
            try database.forEach("select value from fact where key = ?", [.text(key)]) { before = Double($0.text(0)) ?? 0 }
            let sum = before + amount
            try facts.run([.text(key), .text(isWhole ? "\(Int(sum))" : "\(sum)")])
        }
        try add(Double(dropped.count), to: Thinning.looksKey, isWhole: true)
        try add(dropped.reduce(0) { $0 + $1.seconds }, to: Thinning.secondsKey, isWhole: false)
        try add(Double(leftOut), to: Thinning.leftOutKey, isWhole: true)
    }
}

extension SQLiteDatabase {
    /// Bytes of the file that hold something.
    fileprivate func usedSize() throws(RunFileError) -> Int {
        let pages = (try integer("pragma page_count") ?? 0) - (try integer("pragma freelist_count") ?? 0)
        return pages * (try integer("pragma page_size") ?? 0)
    }
}
