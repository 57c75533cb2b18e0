import FoundationEssentials
import Glibc
import Subprocess
import Synchronization

/// One of the package's long-running programs as a test runs it: started, killed, started again. What it says goes to
/// a file, whose end is shown when the program does not do what the test waits for. It ends with the value.
public final class ProgramUnderTest: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    public let name: String
    public let logPath: String
    private let path: String
    private let arguments: [String]
    private let environment: [String: String]
    private let child = Mutex<ChildProcess?>(nil)

    /// - Parameters:
    ///   - name: of an executable target of this package.
    ///   - environment: beside the basics.
    public init(
        _ name: String, _ arguments: [String] = [], environment: [String: String] = [:], logPath: String
    ) throws {
        try Isolation.require()
        self.name = name
        self.arguments = arguments
        self.logPath = logPath
        path = try BuiltProgram.path(name)
        let home = getenv("HOME").map { String(cString: $0) } ?? "/nonexistent"
        let basics = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "VIRTFLEET_ISOLATED": "1"]
        self.environment = basics.merging(environment) { $1 }
    }

    deinit { child.withLock { $0?.signal(SIGKILL) } }

    public func start() throws {
        let process = try ChildProcess(path, arguments, environment: environment, output: .file(logPath))
        child.withLock { $0 = process }
    }

    /// How the program ended; nil while it runs and before its first start.
    public var exit: ChildProcess.Exit? { child.withLock(\.self)?.exit }
    public var pid: pid_t? { child.withLock(\.self)?.pid }

    public func signal(_ number: Int32) { child.withLock(\.self)?.signal(number) }

    /// SIGKILL to the program alone; returns when it is gone.
    public func kill() async { await child.withLock(\.self)?.kill() }

    /// SIGTERM, and SIGKILL if it still runs after a while.
    @discardableResult
    public func stop() async -> ChildProcess.Exit? {
        await child.withLock(\.self)?.terminate(within: .seconds(30))
    }

    @discardableResult
    public func wait() async -> ChildProcess.Exit? { await child.withLock(\.self)?.wait() }

    /// Everything the program has said so far, in all its lives.
    public var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Waits until the condition holds.
    /// - Throws: when it does not within the limit or the program ends, with the end of its log.
    public func until(
        _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
    ) async throws {
        var ended = false
        let holds = try await eventually(within: limit) {
            if try await condition() { return true }
            ended = exit != nil
            return ended
        }
        if holds, !ended { return }
        let state = exit.map { "it \($0)" } ?? "it still runs"
        let end = log.split(separator: "\n").suffix(40).joined(separator: "\n")
        throw Failure("\(name): waited in vain until \(what); \(state); its log ends:\n\(end)")
    }
}
