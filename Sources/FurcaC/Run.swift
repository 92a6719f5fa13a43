import CFurca
import RunFile
import Session

/// The run file behind a handle.
func run(_ handle: OpaquePointer?) throws(SessionError) -> RunHandle {
    try HandleTable.shared.object(handle, as: RunHandle.self, named: "run")
}

private func rows(_ handle: OpaquePointer?) throws(SessionError) -> RowsHandle {
    try HandleTable.shared.object(handle, as: RowsHandle.self, named: "rows")
}

@_cdecl("furca_run_open") @implementation
public func furca_run_open(
    _ path: UnsafePointer<CChar>!, _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "run")
        result.pointee = HandleTable.shared.insert(try RunHandle(path: try text(path, "path")))
    }
}

@_cdecl("furca_run_close") @implementation
public func furca_run_close(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        guard let handle else { return }
        let closing = try run(handle)
        try closing.close()
        _ = try HandleTable.shared.remove(handle, as: RunHandle.self, named: "run")
    }
}

@_cdecl("furca_run_query") @implementation
public func furca_run_query(
    _ handle: OpaquePointer!, _ sql: UnsafePointer<CChar>!, _ parameters: UnsafePointer<furca_value>!, _ count: Int,
    _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(result, "rows")
        let run = try run(handle)
        let sql = try text(sql, "sql")
        var values: [SQLValue] = []
        for (index, parameter) in try array(parameters, count: count, "parameters").enumerated() {
            values.append(try sqlValue(parameter, index: index))
        }
        result.pointee = HandleTable.shared.insert(try run.query(sql, values))
    }
}

private func sqlValue(_ value: furca_value, index: Int) throws(SessionError) -> SQLValue {
    switch Int(value.type) {
    case FURCA_NULL: return .null
    case FURCA_INTEGER: return .integer(value.integer)
    case FURCA_REAL: return .real(value.real)
    case FURCA_TEXT, FURCA_BLOB:
        let bytes = try array(
            value.bytes?.assumingMemoryBound(to: UInt8.self), count: value.length, "The bytes of a parameter")
        return Int(value.type) == FURCA_BLOB ? .blob(Array(bytes)) : .text(String(decoding: bytes, as: UTF8.self))
    default:
        throw SessionError(.argument, "parameters[\(index)] has type \(value.type), which is none of the five.")
    }
}

@_cdecl("furca_rows_columns") @implementation
public func furca_rows_columns(_ handle: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!) -> furca_status {
    status { () throws(SessionError) in
        let count = try required(count, "count")
        let rows = try rows(handle)
        try rows.refuseInChild()
        count.pointee = rows.columns.count
    }
}

@_cdecl("furca_rows_column_name") @implementation
public func furca_rows_column_name(
    _ handle: OpaquePointer!, _ column: Int, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(name, "name")
        let rows = try rows(handle)
        try rows.refuseInChild()
        guard rows.columnNames.indices.contains(column) else {
            throw SessionError(.argument, "There is no column \(column): the result has \(rows.columns.count).")
        }
        result.pointee = rows.columnNames[column]
    }
}

@_cdecl("furca_rows_next") @implementation
public func furca_rows_next(
    _ handle: OpaquePointer!, _ values: UnsafeMutablePointer<furca_value>!, _ capacity: Int,
    _ hasRow: UnsafeMutablePointer<Int32>!
) -> furca_status {
    status { () throws(SessionError) in
        let hasRow = try required(hasRow, "has_row")
        let room = try room(values, capacity: capacity, "values")
        let rows = try rows(handle)
        if room.count < rows.columns.count {
            throw SessionError(
                .argument, "The result has \(rows.columns.count) columns, but there is room for \(capacity).")
        }
        hasRow.pointee = try rows.use { (rows) throws(RunFileError) -> Int32 in
            guard try rows.next() else { return 0 }
            for column in rows.columns.indices { room[column] = furca_value(rows.view(column)) }
            return 1
        }
    }
}

@_cdecl("furca_rows_close") @implementation
public func furca_rows_close(_ handle: OpaquePointer!) -> furca_status {
    status { () throws(SessionError) in
        guard let handle else { return }
        let closing = try rows(handle)
        try closing.use { (rows) throws(RunFileError) in rows.close() }
        _ = try HandleTable.shared.remove(handle, as: RowsHandle.self, named: "rows")
    }
}

extension furca_value {
    /// A value of the current row where SQLite holds it.
    fileprivate init(_ view: SQLValueView) {
        self.init()
        switch view {
        case .null:
            type = UInt32(FURCA_NULL)
        case .integer(let number):
            type = UInt32(FURCA_INTEGER)
            integer = number
        case .real(let number):
            type = UInt32(FURCA_REAL)
            real = number
        case .text(let text):
            type = UInt32(FURCA_TEXT)
            bytes = text.baseAddress
            length = text.count
        case .blob(let blob):
            type = UInt32(FURCA_BLOB)
            bytes = blob.baseAddress
            length = blob.count
        }
    }
}
