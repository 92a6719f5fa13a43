import Forks
import RunFile
import Sketches

/// What can be asked at any time, from any thread.
extension Session {
    package var tensorCount: Int {
        get throws(SessionError) {
            try query { () throws(SessionError) in tensors.count }
        }
    }

    /// Everything that has gone wrong with the run file so far, a sentence each.
    package var problems: [String] {
        get throws(SessionError) {
            try query { () throws(SessionError) in writing?.problems ?? [] }
        }
    }

    /// The name of a tensor; nil if there is none of that number, or the session is closed.
    package func name(of tensor: Int) -> String? {
        try? query { () throws(SessionError) in
            tensors.indices.contains(tensor) ? tensors[tensor].record.name : nil
        }
    }

    /// The number of the tensor called `name`.
    package func tensor(named name: String) throws(SessionError) -> Int {
        try query { () throws(SessionError) in
            guard let id = ids[name] else {
                throw SessionError(.unknown, "No tensor is named \"\(name)\": \(tensors.count) are registered.")
            }
            return id
        }
    }

    /// The latest look at a tensor: its sketch, the step, and which part of the tensor was read (nil: all).
    package func latest(of tensor: Int) throws(SessionError) -> (sketch: Sketch, step: Int, sample: BlockSample?) {
        try query { () throws(SessionError) in
            let state = try self.state(of: tensor)
            guard let sketch = state.sketch, let step = state.step else {
                throw SessionError(.empty, "Tensor \"\(state.record.name)\" has not been observed yet.")
            }
            return (sketch, step, state.sample)
        }
    }

    /// The branches a tensor has now, ascending: one if it has not forked.
    package func branches(of tensor: Int) throws(SessionError) -> [Branch] {
        try query { () throws(SessionError) in
            let state = try self.state(of: tensor)
            if state.sketch == nil {
                throw SessionError(.empty, "Tensor \"\(state.record.name)\" has not been observed yet.")
            }
            return state.branches
        }
    }

    package var eventCount: Int {
        get throws(SessionError) {
            try query { () throws(SessionError) in events.count }
        }
    }

    package func event(_ index: Int) throws(SessionError) -> SessionEvent {
        try query { () throws(SessionError) in
            guard events.indices.contains(index) else {
                throw SessionError(.unknown, "There is no event \(index): \(events.count) have happened so far.")
            }
            return events[index]
        }
    }

    /// Under `lock`.
    func state(of tensor: Int) throws(SessionError) -> TensorState {
        guard tensors.indices.contains(tensor) else {
            throw SessionError(.unknown, "No tensor has the number \(tensor): \(tensors.count) are registered.")
        }
        return tensors[tensor]
    }
}
