import HostInspection

extension HostRoot {
    /// The fields of the lines of a file, apart at blanks and colons.
    func lines(_ path: String) -> [[Substring]] {
        (text(path) ?? "").split(separator: "\n").map { $0.split { $0 == " " || $0 == ":" || $0 == "\t" } }
    }

    func number(_ path: String) -> Double? { text(path).flatMap { Double($0) } }
}
