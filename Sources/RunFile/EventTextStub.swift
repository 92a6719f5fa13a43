import Forks
extension ForkEvent { func text(tensor: String) -> String { "\(tensor) \(kind)" } }
