import RunFile
import Testing

/// The everyday queries touch the rows they give and little else.
@Suite struct QueryPlanTests {
    let directory: TemporaryDirectory
    let database: RawDatabase

    init() throws {
        directory = try TemporaryDirectory()
        try finish(directory("a.furca"), [])
        database = try RawDatabase(directory("a.furca"))
    }

    @Test(
        arguments: [
            "select step, kurtosis from stats where tensor = 't3' order by step",
            "select step, kurtosis from stats where tensor = 't3' order by step desc limit 1",
            "select step, kurtosis from stats where tensor = ? and step between ? and ? order by step",
            "select tensor, kurtosis from stats where step = 40",
            "select max(step) from stats where tensor = 't3'",
            "select * from branches where tensor = 't3' order by step, branch",
            "select sketch from sketches where tensor = 't3' and step = 40",
            "select step from sketches where tensor = 't3' order by step desc limit 1",
            "select step, elements from paths where tensor = 't3' order by step",
            "select step, value from metrics where name = 'loss' order by step",
            "select position from fork_branches where fork = 3 order by branch",
            "select * from superseded_stats where tensor = 't3' order by step",
            "select max(step) from cost",
            "select * from cost where step > 40 order by step",
        ])
    func nothingIsScannedOrSorted(_ sql: String) throws {
        let plan = try database.lines("explain query plan \(sql)")
        // t is the table of tensors: some, where looks are many.
        let scans = plan.filter { $0.contains("SCAN") && !$0.contains("SCAN t ") && !$0.contains("SCAN look USING INDEX") }
        #expect(scans.isEmpty, "\(plan)")
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }
}
