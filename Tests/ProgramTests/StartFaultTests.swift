import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

/// What keeps a program from starting: it ends at once with status 1 and says what to do.
@Suite struct StartFaultTests {
    private let directory: TemporaryDirectory
    private let ports = (broker: LoopbackPort.free(), images: LoopbackPort.free(), api: LoopbackPort.free())

    init() throws { directory = try TemporaryDirectory() }

    private func controller(state: String) async throws -> Subprocess.Output {
        try Data("token\n".utf8).write(to: URL(filePath: directory.file("token")))
        let text = """
            stateDirectory: \(state)
            api:
              socket: \(directory.file("c.sock"))
              tcp: {port: \(ports.api), tokenFile: \(directory.file("token"))}
            images: {port: \(ports.images)}
            broker: {embedded: {port: \(ports.broker)}}
            """
        try Data(text.utf8).write(to: URL(filePath: directory.file("c.yaml")))
        return try await run("virtfleet-controller", ["serve", "--config", directory.file("c.yaml")])
    }

    private func agent(state: String) async throws -> Subprocess.Output {
        let text = """
            host: 1b4e28ba-2fa1-41d2-883f-0016d3cca427
            stateDirectory: \(state)
            socket: \(directory.file("agent.sock"))
            broker: {port: \(ports.broker)}
            libvirt: {uri: "test:///default"}
            """
        try Data(text.utf8).write(to: URL(filePath: directory.file("a.yaml")))
        return try await run("virtfleet-agent", ["--config", directory.file("a.yaml")])
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> Subprocess.Output {
        try Isolation.require()
        return try await Subprocess.run(try BuiltProgram.path(program), arguments)
    }

    /// What was said last, which is what an administrator sees first.
    private func lastLine(_ output: Subprocess.Output) -> String {
        output.errorText.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test(arguments: [\Ports.broker, \Ports.images, \Ports.api])
    func aPortInUseIsNamed(_ which: KeyPath<Ports, UInt16> & Sendable) async throws {
        let port = Ports(broker: ports.broker, images: ports.images, api: ports.api)[keyPath: which]
        let holder = try ChildProcess(
            "/usr/bin/python3",
            [
                "-c",
                "import socket, time\ns = socket.socket()\ns.bind(('127.0.0.1', \(port)))\ns.listen()\ntime.sleep(600)",
            ])
        defer { holder.signal(SIGKILL) }
        #expect(try await eventually { LoopbackPort.accepts(port) })
        let output = try await controller(state: directory.file("state"))
        #expect(output.status == 1)
        #expect(lastLine(output).contains(":\(port)"), "\(output.errorText)")
        #expect(lastLine(output).contains("in use"), "\(output.errorText)")
    }

    struct Ports {
        let broker: UInt16
        let images: UInt16
        let api: UInt16
    }

    @Test func aStateDirectoryThatCannotBeWrittenIsNamed() async throws {
        let small = try SmallFileSystem(bytes: 4 << 20)
        try small.makeReadOnly()
        for output in [try await controller(state: small.file("state")), try await agent(state: small.file("state"))] {
            #expect(output.status == 1)
            #expect(
                output.errorText.contains(small.file("state")) && output.errorText.contains("Read-only file system"))
        }
    }

    @Test func aFullDiskAtTheFirstStartIsNamed() async throws {
        let small = try SmallFileSystem(bytes: 1 << 20)
        try small.fill()
        for output in [try await controller(state: small.file("c")), try await agent(state: small.file("a"))] {
            #expect(output.status == 1)
            #expect(output.errorText.contains(small.path), "\(output.errorText)")
        }
    }

    @Test(arguments: ["fleet.db", "metrics.db"])
    func aControllersDatabaseFromTheFutureIsLeftAlone(name: String) async throws {
        let state = directory.file("state")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
        try await expectRefused(state + "/" + name) { try await controller(state: state) }
    }

    @Test(arguments: ["spool.db", "journal.db"])
    func anAgentsDatabaseFromTheFutureIsLeftAlone(name: String) async throws {
        let state = directory.file("state")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
        try await expectRefused(state + "/" + name) { try await agent(state: state) }
    }

    private func expectRefused(_ path: String, _ start: () async throws -> Subprocess.Output) async throws {
        let future = "CREATE TABLE tomorrow (x); INSERT INTO tomorrow VALUES ('kept'); PRAGMA user_version = 99;"
        _ = try await Subprocess.run("sqlite3", [path, future]).successful()
        let output = try await start()
        #expect(output.status == 1)
        #expect(output.errorText.contains(path), "\(output.errorText)")
        #expect(output.errorText.contains("newer version"), "\(output.errorText)")
        let left = try await Subprocess.run("sqlite3", [path, "SELECT x FROM tomorrow; PRAGMA user_version"])
        #expect(left.text == "kept\n99\n")
    }
}
