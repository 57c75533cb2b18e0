import FoundationEssentials
import Glibc

/// A checked-in file that holds what a test expects. `UPDATE_GOLDEN=1` writes what came out instead.
public struct GoldenFile {
    public let path: String

    /// - Parameter name: a file in `Golden/` beside the test's source.
    public init(_ name: String, testFile: String = #filePath) {
        path =
            testFile.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/Golden/" + name
    }

    /// Nil when `text` is what is expected; otherwise what to look at.
    public func difference(from text: String) throws -> String? {
        if getenv("UPDATE_GOLDEN") != nil {
            let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            try FileManager.default.createDirectory(
                atPath: directory.joined(separator: "/"), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
            return nil
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            return "\(path) is missing; run with UPDATE_GOLDEN=1"
        }
        let expected = String(decoding: data, as: UTF8.self)
        if expected == text { return nil }
        return "\(path) differs; expected:\n\(expected)\ngot:\n\(text)"
    }
}
