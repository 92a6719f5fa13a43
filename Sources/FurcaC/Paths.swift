import CFurca
import Forks
import RunFile
import Session

// The elements of a tensor that are followed one by one.

@_cdecl("furca_tensor_elements") @implementation
public func furca_tensor_elements(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ places: UnsafeMutablePointer<UInt64>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(places, capacity: capacity, "places")
        let found = try session(handle).followedElements(of: Int(tensor))
        result.pointee = found.count
        write(found, to: room) { UInt64($0) }
    }
}

@_cdecl("furca_tensor_paths") @implementation
public func furca_tensor_paths(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ step: UnsafeMutablePointer<Int64>!,
    _ values: UnsafeMutablePointer<Float>!, _ branches: UnsafeMutablePointer<UInt32>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let step = try required(step, "step")
        let valueRoom = try optionalRoom(values, capacity: capacity, "values")
        let branchRoom = try optionalRoom(branches, capacity: capacity, "branches")
        let found = try session(handle).paths(of: Int(tensor))
        step.pointee = Int64(found.step)
        result.pointee = found.values.count
        write(found.values, to: valueRoom) { $0 }
        write(found.branches, to: branchRoom, branchName)
    }
}

@_cdecl("furca_tensor_churn") @implementation
public func furca_tensor_churn(
    _ handle: OpaquePointer!, _ tensor: UInt32, _ churn: UnsafeMutablePointer<Double>!
) -> furca_status {
    status { () throws(SessionError) in
        try required(churn, "churn").pointee = try session(handle).paths(of: Int(tensor)).churn
    }
}

@_cdecl("furca_run_elements") @implementation
public func furca_run_elements(
    _ handle: OpaquePointer!, _ tensor: UnsafePointer<CChar>!, _ places: UnsafeMutablePointer<UInt64>!, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let result = try required(count, "count")
        let room = try room(places, capacity: capacity, "places")
        let found = try run(handle).paths(of: try text(tensor, "tensor")).places
        result.pointee = found.count
        write(found, to: room) { UInt64($0) }
    }
}

@_cdecl("furca_run_paths") @implementation
public func furca_run_paths(
    _ handle: OpaquePointer!, _ tensor: UnsafePointer<CChar>!, _ steps: UnsafeMutablePointer<Int64>!,
    _ values: UnsafeMutablePointer<Float>!, _ branches: UnsafeMutablePointer<UInt32>!, _ churn: UnsafeMutablePointer<Double>!,
    _ lookCapacity: Int, _ looks: UnsafeMutablePointer<Int>!, _ count: UnsafeMutablePointer<Int>!
) -> furca_status {
    status { () throws(SessionError) in
        let looks = try required(looks, "looks")
        let count = try required(count, "count")
        let stepRoom = try optionalRoom(steps, capacity: lookCapacity, "steps")
        let churnRoom = try optionalRoom(churn, capacity: lookCapacity, "churn")
        let found = try run(handle).paths(of: try text(tensor, "tensor"))
        let elements = min(lookCapacity, found.steps.count) * found.places.count
        let valueRoom = try optionalRoom(values, capacity: elements, "values")
        let branchRoom = try optionalRoom(branches, capacity: elements, "branches")
        looks.pointee = found.steps.count
        count.pointee = found.places.count
        write(found.steps, to: stepRoom) { Int64($0) }
        if !churnRoom.isEmpty { write(found.churn, to: churnRoom) { $0 } }
        write(found.values, to: valueRoom) { $0 }
        if branchRoom.isEmpty { return }
        for look in 0..<elements / found.places.count {
            let first = look * found.places.count
            for (index, value) in found.values(at: look).enumerated() {
                branchRoom[first + index] = branchName(found.branches[look].name(at: value))
            }
        }
    }
}

/// FURCA_NO_BRANCH for none.
private func branchName(_ name: Int?) -> UInt32 {
    name.map { UInt32(clamping: $0) } ?? .max
}
