import FleetTestSupport
import Foundation
import Subprocess
import Synchronization

/// A dbus-daemon of a test's own, in the part of the system's; killed with the value.
public final class PrivateMessageBus: Sendable {
    public struct DidNotStart: Error, CustomStringConvertible {
        public let description: String
    }

    private let directory: TemporaryDirectory
    private let child: Mutex<ChildProcess>

    /// Returns when it accepts connections.
    public init() async throws {
        try Isolation.require()
        directory = try TemporaryDirectory()
        let configuration = """
            <busconfig>
              <type>system</type>
              <listen>unix:path=\(directory.file("socket"))</listen>
              <policy context="default">
                <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow send_type="*"/>
                <allow receive_type="*"/>
              </policy>
            </busconfig>
            """
        try Data(configuration.utf8).write(to: URL(filePath: directory.file("bus.conf")))
        child = Mutex(try await Self.start(in: directory))
    }

    deinit { child.withLock { $0.signal(SIGKILL) } }

    /// As D-Bus writes it.
    public var address: String { "unix:path=\(directory.file("socket"))" }

    public func kill() async { await child.withLock(\.self).kill() }

    /// Starts again at the same address, after `kill`.
    public func restart() async throws {
        let new = try await Self.start(in: directory)
        child.withLock { $0 = new }
    }

    private static func start(in directory: TemporaryDirectory) async throws -> ChildProcess {
        let log = directory.file("log")
        try? FileManager.default.removeItem(atPath: log)
        let child = try ChildProcess(
            "/usr/bin/dbus-daemon",
            [
                "--config-file=\(directory.file("bus.conf"))", "--nofork", "--nopidfile", "--nosyslog",
                "--print-address",
            ],
            output: .file(log))
        func text() -> String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
        // It prints the address once it listens there.
        while !text().contains("unix:path=") {
            if let exit = child.exit { throw DidNotStart(description: "dbus-daemon \(exit): \(text())") }
            try await Task.sleep(for: .milliseconds(5))
        }
        return child
    }
}
