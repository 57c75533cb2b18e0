import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// What the programs say of a configuration that is wrong: all of it at once, each with its place.
@Suite struct ConfigurationFaultTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func check(_ program: String, _ text: String) async throws -> Subprocess.Output {
        let path = directory.file("c.yaml")
        try Data(text.utf8).write(to: URL(filePath: path))
        return try await Subprocess.run(try BuiltProgram.path(program), ["--config", path, "--check-config"])
    }

    private func lines(_ output: Subprocess.Output) -> [String] {
        output.errorText.split(separator: "\n").map { String($0).replacing(directory.path + "/", with: "") }
    }

    @Test func theAgentTellsAllThatIsWrong() async throws {
        let output = try await check(
            "virtfleet-agent",
            """
            host: not-a-uuid
            broker:
              prot: 1883
              port: [1883]
            metrics: {interval: soon}
            images: 5
            profileDirectories: {}
            """)
        #expect(output.status == 2)
        #expect(
            lines(output) == [
                "warning: c.yaml:3:3: broker.prot: unknown key; did you mean 'port'?",
                "error: c.yaml:1:7: host: expected a UUID such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427, got 'not-a-uuid'",
                "error: c.yaml:4:9: broker.port: expected an integer from 1 to 65535, got a list",
                "error: c.yaml:5:21: metrics.interval: expected a length of time such as 30s, 5m, 48h or 7d, got \"soon\"",
                "error: c.yaml:6:9: images: expected a mapping, got \"5\"",
                "error: c.yaml:7:21: profileDirectories: expected a list, got a mapping",
            ])
    }

    @Test func theControllerTellsAllThatIsWrong() async throws {
        let output = try await check(
            "virtfleet-controller",
            """
            flet: test
            api:
              socket: here
              tcp: {port: 0}
            broker: {external: {host: broker.example, tls: [x]}}
            log: {level: loud}
            """)
        #expect(output.status == 2)
        #expect(
            lines(output) == [
                "warning: c.yaml:1:1: flet: unknown key; did you mean 'fleet'?",
                "error: c.yaml:3:11: api.socket: expected an absolute path, got \"here\"",
                "error: c.yaml:4:8: api.tcp.tokenFile: is missing; over TCP the API needs a token",
                "error: c.yaml:4:15: api.tcp.port: expected an integer from 1 to 65535, got \"0\"",
                "error: c.yaml:5:48: broker.external.tls: expected a mapping, got a list",
                "error: c.yaml:6:14: log.level: expected one of debug, info, notice, warning, error, got \"loud\"",
            ])
    }

    @Test(arguments: [
        ("host: [1, 2\nfleet: x\n", "2:6"), ("fleet: \"open\n", "2:1"), ("fleet:\n\t- tab\n", "2:1"),
        ("fleet: a\n fleet: b\n", "2:7"), ("&a [*a]\n", "1:5"),
    ])
    func brokenYAMLIsToldWithLineAndColumn(text: String, place: String) async throws {
        for program in ["virtfleet-agent", "virtfleet-controller"] {
            let output = try await check(program, text)
            #expect(output.status == 2)
            #expect(lines(output).contains { $0.hasPrefix("error: c.yaml:\(place): ") }, "\(lines(output))")
        }
    }

    @Test func whatIsNoTextIsToldToo() async throws {
        for program in ["virtfleet-agent", "virtfleet-controller"] {
            let path = directory.file("c.yaml")
            try Data([0x66, 0x3A, 0x20, 0xC3, 0x28, 0x0A]).write(to: URL(filePath: path))
            let binary = try await Subprocess.run(
                try BuiltProgram.path(program), ["--config", path, "--check-config"])
            #expect(binary.status == 2)
            #expect(lines(binary).contains { $0.hasPrefix("error: c.yaml:1:") }, "\(lines(binary))")
            let missing = try await Subprocess.run(
                try BuiltProgram.path(program), ["--config", directory.file("absent.yaml"), "--check-config"])
            #expect(missing.status == 2)
            #expect(missing.errorText.contains("absent.yaml: ") && missing.errorText.contains("No such file"))
        }
    }

    /// A profile that is broken is told of as well, and does not keep the agent from working with the others.
    @Test func aBrokenProfileIsNamedByTheCheck() async throws {
        let profiles = directory.file("profiles")
        try FileManager.default.createDirectory(atPath: profiles, withIntermediateDirectories: false)
        try Data("vcpus: many\n".utf8).write(to: URL(filePath: profiles + "/office.yaml"))
        let output = try await check(
            "virtfleet-agent", "host: 1b4e28ba-2fa1-41d2-883f-0016d3cca427\nprofileDirectories: [\(profiles)]\n")
        #expect(output.status == 1)
        #expect(lines(output).count == 1)
        #expect(lines(output)[0].hasPrefix("warning: profiles/office.yaml:1:8: vcpus: expected an integer"))
    }
}
