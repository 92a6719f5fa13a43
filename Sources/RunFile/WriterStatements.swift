/// The statements a writer runs again and again, prepared once for a connection.
struct WriterStatements {
    let fact: Statement
    let tensor: Statement
    let resize: Statement
    let group: Statement
    let forgetMembers: Statement
    let member: Statement
    let look: Statement
    let observation: Statement
    let sketch: Statement
    let lookWithoutSketch: Statement
    let addSketch: Statement
    let followed: Statement
    let path: Statement
    let lookWithoutPath: Statement
    let branch: Statement
    let event: Statement
    let eventBranch: Statement
    let metricName: Statement
    let metric: Statement
    let gap: Statement
    let leftOut: Statement
    let dropped: Statement
    let progress: Statement
    let rewind: Statement
    let supersedeLooks: Statement
    let supersedeMetrics: Statement
    let supersedeLeftOut: Statement
    let supersedeDropped: Statement

    init(_ database: SQLiteDatabase) throws(RunFileError) {
        func statement(_ sql: String) throws(RunFileError) -> Statement {
            try Statement(sql, in: database, doing: "write to", isKept: true)
        }
        func insert(into table: String, values: Int) throws(RunFileError) -> Statement {
            let marks = Array(repeating: "?", count: values).joined(separator: ",")
            return try statement("insert into \(table) values (\(marks))")
        }
        func supersede(_ table: String) throws(RunFileError) -> Statement {
            try statement("update \(table) set superseded = ? where step > ? and superseded is null")
        }
        fact = try statement("insert into fact values (?, ?) on conflict (key) do update set value = excluded.value")
        tensor = try insert(into: "tensor", values: 6)
        resize = try statement("update tensor set shape = ?, elements = ? where id = ?")
        group = try statement("insert into tensor_group values (?, ?, ?) on conflict do nothing")
        forgetMembers = try statement("delete from group_member where tensor = ?")
        member = try insert(into: "group_member", values: 2)
        look = try insert(into: "look(id, step, time, seconds, overlapped, tensors, offered)", values: 7)
        observation = try insert(into: "observation", values: 26)
        sketch = try insert(into: "sketch", values: 2)
        lookWithoutSketch = try statement(
            """
            select o.look from observation o join look l on l.id = o.look
            where o.tensor = ? and o.step = ? and o.sketch is null and l.superseded is null
            """)
        addSketch = try statement("update observation set sketch = ? where tensor = ? and step = ? and look = ?")
        followed = try statement("insert into path_element values (?, ?, ?) on conflict do nothing")
        path = try insert(into: "path(tensor, step, look, elements)", values: 4)
        lookWithoutPath = try statement(
            """
            select o.look from observation o join look l on l.id = o.look
            where o.tensor = ?1 and o.step = ?2 and l.superseded is null
            and not exists (select 1 from path p where p.tensor = ?1 and p.step = ?2 and p.look = o.look)
            """)
        branch = try insert(into: "branch", values: 9)
        event = try insert(into: "event", values: 13)
        eventBranch = try insert(into: "event_branch", values: 7)
        metricName = try insert(into: "metric_name", values: 2)
        metric = try insert(into: "metric(name, step, number, value, time)", values: 5)
        gap = try statement("insert into gap values (?, ?) on conflict do nothing")
        leftOut = try insert(into: "left_out_step(step)", values: 1)
        dropped = try insert(into: "dropped_look(step, reason)", values: 2)
        progress = try statement("replace into progress values (?, ?, ?, ?, ?, ?, ?, ?)")
        rewind = try insert(into: "rewind", values: 3)
        supersedeLooks = try supersede("look")
        supersedeMetrics = try supersede("metric")
        supersedeLeftOut = try supersede("left_out_step")
        supersedeDropped = try supersede("dropped_look")
    }
}
