import FoundationEssentials

/// The package's own programs, as the build has left them beside the tests.
public enum BuiltProgram {
    public struct Missing: Error, CustomStringConvertible {
        let path: String
        public var description: String { "\(path) is not there; build everything first: swift build --build-tests" }
    }

    /// - Parameter name: `virtfleet`, `virtfleet-agent` or `virtfleet-controller`.
    public static func path(_ name: String) throws -> String {
        // The runner is started as `... --test-bundle-path DIRECTORY/virtfleetPackageTests.xctest`.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let path = URL(filePath: bundle).deletingLastPathComponent().appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
        return path
    }
}
