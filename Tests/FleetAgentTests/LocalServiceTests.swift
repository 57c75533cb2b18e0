import FakeLogin
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import HostPower
import Provisioning
import Synchronization
import Testing

@testable import FleetAgent

/// On a real socket, with jobs that the test plays.
@Suite(.timeLimit(.minutes(2))) struct LocalServiceTests {
    private static let job = JobID("01ARZ3NDEKTSV4RRFFQ69G5F01")!
    private static let shown = LocalJob(
        id: job, kind: "vm.start", state: .waiting, expiresAt: Date(timeIntervalSince1970: 1))

    private final class PlayedJobs: LocalJobs {
        let deferrals = Mutex<[String]>([])

        func localJobs() async throws -> [LocalJob] { [shown] }

        func putOff(_ id: JobID?, by seconds: Int, _ who: LocalUser) async throws -> LocalJob {
            guard id != nil else { throw JobProblem("ambiguous", "no job is announced") }
            deferrals.withLock { $0.append("\(id?.description ?? "-") \(seconds) \(who.uid) \(who.name)") }
            return shown
        }
    }

    private final class Desk: Sendable {
        let directory: TemporaryDirectory
        let jobs = PlayedJobs()
        private let task: Task<Void, Never>
        var path: String { directory.file("run/agent.sock") }

        init(_ directory: TemporaryDirectory, prepare: (String) throws -> Void = { _ in }) throws {
            self.directory = directory
            let path = directory.file("run/agent.sock")
            try prepare(path)
            let service = LocalService(
                path: path, jobs: jobs, seatedUsers: { [:] }, time: SystemTimeSource(),
                logger: Logger(label: "test", sink: { _, _ in }))
            task = Task { await service.run() }
        }

        func connect() async throws -> LineConnection {
            var found: LineConnection?
            _ = try await eventually {
                found = (try? UnixSocket.connect(to: path)).map(LineConnection.init)
                return found != nil
            }
            return try #require(found)
        }

        func ask(_ line: String) async throws -> LocalReply {
            let connection = try await connect()
            return try await BlockingWork(name: "asking").run {
                try connection.writeLine(Array(line.utf8), within: .seconds(5))
                return try Self.read(connection)
            }
        }

        static func read(_ connection: LineConnection) throws -> LocalReply {
            try FleetJSON.decode(
                LocalReply.self, from: Data(try connection.readLine(atMost: 1 << 20, within: .seconds(30))))
        }

        func stop() async {
            task.cancel()
            await task.value
        }
    }

    @Test func jobsAreShownAndPutOff() async throws {
        try Isolation.require()
        let desk = try Desk(TemporaryDirectory())
        #expect(try await desk.ask(#"{"call":"jobs"}"#).jobs == [Self.shown])
        #expect(try await desk.ask(#"{"call":"defer","job":"\#(Self.job)"}"#).jobs == [Self.shown])
        #expect(try await desk.ask(#"{"call":"defer","job":"\#(Self.job)","seconds":60}"#).problem == nil)
        #expect(
            desk.jobs.deferrals.withLock(\.self) == ["\(Self.job) 3600 0 root", "\(Self.job) 60 0 root"])
        #expect(try await desk.ask(#"{"call":"defer"}"#).problem == "no job is announced")
        var mode = stat()
        #expect(stat(desk.path, &mode) == 0 && mode.st_mode & 0o777 == 0o666)
        await desk.stop()
        #expect(!DurableFile.exists(desk.path), "removed with the service")
    }

    @Test(arguments: ["", "[]", "{}", "moon", #"{"call":"reboot"}"#, #"{"call":"defer","job":"x"}"#, "\u{0}\u{1}"])
    func whatIsNoRequestIsSaidToBeNone(line: String) async throws {
        try Isolation.require()
        let desk = try Desk(TemporaryDirectory())
        #expect(try await desk.ask(line).problem?.contains("cannot read the request; expected a line of JSON") == true)
        await desk.stop()
    }

    @Test func whoSaysTooMuchOrNothingKeepsNobodyWaiting() async throws {
        try Isolation.require()
        let desk = try Desk(TemporaryDirectory())
        #expect(
            try await desk.ask(String(repeating: "x", count: 5000)).problem?.contains("longer than 4096 bytes") == true)
        // More than are read at the same time say nothing; one is closed before, one says half a line.
        var silent: [LineConnection] = []
        for _ in 0..<15 { silent.append(try await desk.connect()) }
        silent.removeFirst()
        #expect(try await desk.ask(#"{"call":"jobs"}"#).jobs == [Self.shown])
        let answer = try await BlockingWork(name: "asking").run { [first = silent[0]] in try Desk.read(first) }
        #expect(answer.problem == "cannot read the request: no whole line came in time")
        silent = []
        await desk.stop()
    }

    @Test func theServiceEndsAtOnceWhoeverIsConnected() async throws {
        try Isolation.require()
        let desk = try Desk(TemporaryDirectory())
        let connection = try await desk.connect()
        await desk.stop()
        #expect(throws: LineError.closed) { try connection.readLine(atMost: 10, within: .seconds(30)) }
    }

    @Test func aSocketThatADeadAgentLeftIsReplacedAndOneInUseIsNot() async throws {
        try Isolation.require()
        let directory = try TemporaryDirectory()
        let desk = try Desk(directory) { path in
            try DurableFile.makeDirectory(directory.file("run"), mode: 0o755)
            close(try UnixSocket.listen(on: path, mode: 0o600))
        }
        #expect(try await desk.ask(#"{"call":"jobs"}"#).problem == nil)
        #expect(throws: UnixSocketError.self) { try UnixSocket.listen(on: desk.path, mode: 0o600) }
        #expect(try await desk.ask(#"{"call":"jobs"}"#).problem == nil)
        await desk.stop()
    }

    private func refusal(_ desk: LocalDesk, _ uid: UInt32?) async -> String? {
        do {
            _ = try await desk.admit(uid)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func rootAndWhoSitsAtTheHostAreAnsweredAndNobodyElse() async throws {
        let bus = try await PrivateMessageBus()
        let services = SystemServices(address: bus.address)
        let desk = LocalDesk(jobs: PlayedJobs(), seatedUsers: { try await services.seatedUsers() })
        #expect(await refusal(desk, 0) == nil, "root needs no logind")
        #expect(await refusal(desk, 1000)?.contains("user 1000 is neither root nor has a session on a seat") == true)
        let login = try FakeLogin(on: bus.address)
        login.setSessions([
            FakeLogin.Session(uid: 1000, name: "anna", seat: "seat0"),
            FakeLogin.Session(uid: 1001, name: "ben", seat: ""),
        ])
        #expect(try await desk.admit(1000) == LocalUser(uid: 1000, name: "anna"))
        #expect(await refusal(desk, 1001)?.contains("user 1001") == true, "he came over the network")
        #expect(await refusal(desk, nil) != nil)
        await login.stop()
        struct Silence: Error {}
        let deaf = LocalDesk(jobs: PlayedJobs(), seatedUsers: { throw Silence() })
        await #expect(throws: LocalDesk.Refusal.self) { try await deaf.admit(1000) }
    }
}
