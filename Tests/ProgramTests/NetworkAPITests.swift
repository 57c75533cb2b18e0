import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

/// The real controller's API as others reach it: over TCP with a token, and with more followers than it takes.
@Suite struct NetworkAPITests {
    /// The status of one request with curl.
    private func status(_ arguments: String...) async throws -> String {
        try await Subprocess.run(
            "curl", ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"] + arguments
        ).text
    }

    @Test func overTCPItWantsTheTokenAndItsOwnName() async throws {
        let directory = try TemporaryDirectory()
        try Data("a-long-secret\n".utf8).write(to: URL(filePath: directory.file("token")))
        let port = LoopbackPort.free()
        let controller = try await ControllerUnderTest(tcp: (port, directory.file("token")))
        let hosts = "http://127.0.0.1:\(port)/api/v1/hosts"
        let token = "Authorization: Bearer a-long-secret"
        #expect(try await status(hosts) == "401")
        #expect(try await status("-H", "Authorization: Bearer a-long-secreT", hosts) == "401")
        #expect(try await status("-H", token, hosts) == "200")
        #expect(try await status("-H", token, "-H", "Host: controller.example", hosts) == "421")
        #expect(try await status("http://127.0.0.1:\(port)/metrics") == "401")
        let answer = try await Subprocess.run(
            "curl", ["--silent", "--include", "-H", token, "-H", "Origin: http://x", hosts])
        #expect(!answer.text.lowercased().contains("access-control"))

        let program = try BuiltProgram.path("virtfleet")
        let address = "http://127.0.0.1:\(port)"
        let refused = try await Subprocess.run(program, ["--controller", address, "host", "list"], environment: [:])
        #expect(refused.status == 1)
        #expect(refused.errorText.contains("token"))
        let listed = try await Subprocess.run(
            program, ["--controller", address, "--token-file", directory.file("token"), "host", "list"],
            environment: [:])
        #expect(listed.status == 0)
        #expect(await controller.stop() == .status(0))
    }

    @Test func theSixtyFifthFollowerIsTurnedAway() async throws {
        let controller = try await ControllerUnderTest()
        let socket = controller.directory.file("controller.sock")
        let stream = ["--unix-socket", socket, "http://localhost/api/v1/events/stream"]
        let followers = try (0..<64).map { _ in try ChildProcess("/usr/bin/curl", ["--silent", "--no-buffer"] + stream)
        }
        defer { for follower in followers { follower.signal(SIGKILL) } }
        try await controller.program.until("all 64 follow") {
            try await Subprocess.run("curl", ["--silent", "--unix-socket", socket, "http://localhost/metrics"]).text
                .contains("virtfleet_event_subscribers 64")
        }
        #expect(try await status("--unix-socket", socket, stream[2]) == "503")
        // Followers do not hold up the end.
        #expect(await controller.stop() == .status(0))
    }

    @Test func itsDocumentDescribesItself() async throws {
        let controller = try await ControllerUnderTest()
        let socket = controller.directory.file("controller.sock")
        let program = """
            import json, sys
            document = json.load(sys.stdin)
            assert document["openapi"].startswith("3.1"), document["openapi"]
            for path, verbs in document["paths"].items():
                for verb in verbs: print(verb.upper(), path)
            """
        let text = try await Subprocess.run(
            "curl", ["--silent", "--unix-socket", socket, "http://localhost/openapi.json"]
        ).standardOutput
        let routes = try await Subprocess.run("python3", ["-c", program], input: text).successful().text
            .split(separator: "\n")
        #expect(routes.contains("GET /api/v1/hosts") && routes.contains("GET /readyz"))
        for route in routes where route.hasPrefix("GET ") && !route.contains("{") && !route.hasSuffix("/stream") {
            let answer = try await status("--unix-socket", socket, "http://localhost\(route.dropFirst("GET ".count))")
            #expect(answer == "200", "\(route)")
        }
        #expect(await controller.stop() == .status(0))
    }
}
