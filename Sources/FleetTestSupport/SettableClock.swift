import FoundationEssentials
import Subprocess

/// A wall clock for programs that a test starts, which the test can set: libfaketime in between, while all other clocks
/// go on.
public final class SettableClock: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// For the programs that shall go by this clock, and for what they start.
    public let environment: [String: String]
    private let directory: TemporaryDirectory
    private var offsetPath: String { directory.file("offset") }

    public init() async throws {
        try Isolation.require()
        directory = try TemporaryDirectory()
        let offsetPath = directory.file("offset")
        try Data("+0\n".utf8).write(to: URL(filePath: offsetPath))
        let preload = [
            "LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": offsetPath, "FAKETIME_NO_CACHE": "1",
        ]
        // libfaketime makes a shared memory and puts its name into the environment, which moves that and so hides the
        // command line from Swift. Where the name stands already it leaves both alone; this shell cannot clean up.
        let shell = try await Subprocess.run(
            "sh", ["-c", #"printf %s "$FAKETIME_SHARED"; kill -KILL $$"#], environment: preload)
        guard !shell.text.isEmpty else { throw Failure(description: "libfaketime is not here: \(shell.errorText)") }
        environment = preload.merging(["FAKETIME_SHARED": shell.text]) { $1 }
    }

    /// - Parameter seconds: ahead of this machine's clock.
    public func set(ahead seconds: Int) throws {
        try Data("\(seconds < 0 ? "" : "+")\(seconds)\n".utf8).write(to: URL(filePath: offsetPath), options: .atomic)
    }
}
