import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// `virtfleet` against a real controller, as scripts and people use it.
@Suite struct CommandLineTests {
    @Test func everyExitCodeHasItsOccasion() async throws {
        let controller = try await ControllerUnderTest()
        let image = controller.directory.file("disk.raw")
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "raw", image, "1M"]).successful()
        #expect(try await controller.virtfleet("host", "add", "ada").status == 0)
        #expect(
            try await controller.virtfleet("template", "import", image, "--name", "empty", "--version", "1").status == 0
        )
        #expect(try await controller.virtfleet("host", "show", "nobody").status == 1)
        #expect(try await controller.virtfleet("host", "show").status == 2)
        #expect(try await controller.virtfleet("host", "list", "--outptu", "json").status == 2)
        let partly = try await controller.virtfleet(
            "vm", "clone", "empty:1", "office", "--host", "ada", "--host", "nobody", "--profile", "linux")
        #expect(partly.status == 4, "\(partly.errorText)")
        #expect(try await controller.virtfleet("host", "add", "ada").status == 6)
        let profile = controller.directory.file("linux.yaml")
        try Data("vcpus: 2\n".utf8).write(to: URL(filePath: profile))
        #expect(try await controller.virtfleet("profile", "apply", profile).status == 0)
        try Data("vcpus: 4\n".utf8).write(to: URL(filePath: profile))
        #expect(try await controller.virtfleet("profile", "diff", "linux", profile).status == 3)
        #expect(await controller.stop() == .status(0))
        #expect(try await controller.virtfleet("host", "list").status == 5)
    }

    @Test func everyFormatSaysTheSame() async throws {
        let controller = try await ControllerUnderTest()
        for name in ["ada", "grace"] { #expect(try await controller.virtfleet("host", "add", name).status == 0) }
        func list(_ arguments: String...) async throws -> String {
            switch arguments.count {
            case 1: try await controller.virtfleet("host", "list", "-o", arguments[0]).successful().text
            default: try await controller.virtfleet("host", "list", "-o", arguments[0], arguments[1]).successful().text
            }
        }
        #expect(try await list("name") == "ada\ngrace\n")
        let json = "import json, sys; print([host['name'] for host in json.load(sys.stdin)])"
        let names = try await Subprocess.run("python3", ["-c", json], input: Array(try await list("json").utf8))
        #expect(names.text == "['ada', 'grace']\n", "\(names.errorText)")
        #expect(try await list("yaml").contains("name: ada\n"))
        let csv = try await list("csv").split(separator: "\n")
        #expect(csv.count == 3 && csv[0].hasPrefix("name,") && csv[1].hasPrefix("ada,"))
        #expect(try await list("csv", "--no-headers").split(separator: "\n").count == 2)
        for format in ["table", "wide"] {
            let lines = try await list(format).split(separator: "\n")
            #expect(lines.count == 3 && lines[0].hasPrefix("NAME") && lines[1].hasPrefix("ada "))
            #expect(try await list(format, "--no-headers").split(separator: "\n").count == 2)
        }
        #expect(await controller.stop() == .status(0))
    }

    @Test func colourAndBarsAreForTerminalsOnly() async throws {
        let controller = try await ControllerUnderTest()
        #expect(try await controller.virtfleet("host", "add", "ada").status == 0)
        let escape = "\u{1B}["
        let list = ["host", "list"]
        #expect(try await onTerminal(controller, list).contains(escape))
        #expect(try await !onTerminal(controller, list, ["NO_COLOR": "1"]).contains(escape))
        #expect(try await !onTerminal(controller, list, ["TERM": "dumb"]).contains(escape))
        #expect(try await !controller.virtfleet("host", "list").text.contains(escape))

        let image = controller.directory.file("disk.raw")
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "raw", image, "40M"]).successful()
        let drawn = try await onTerminal(
            controller, ["template", "import", image, "--name", "empty", "--version", "1"])
        #expect(drawn.contains("\r") && drawn.contains("...]"), "\(drawn)")
        let piped = try await controller.virtfleet("template", "import", image, "--name", "empty", "--version", "2")
        #expect(!piped.errorText.contains("\r") && !piped.errorText.contains("...]"), "\(piped.errorText)")
        #expect(await controller.stop() == .status(0))
    }

    /// What a pseudo-terminal of 100 columns shows.
    private func onTerminal(
        _ controller: ControllerUnderTest, _ arguments: [String], _ environment: [String: String] = [:]
    ) async throws -> String {
        let program = """
            import fcntl, os, pty, struct, sys, termios
            pid, terminal = pty.fork()
            if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 100, 0, 0))
            while True:
                try: data = os.read(terminal, 65536)
                except OSError: break
                if not data: break
                os.write(1, data)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        let address = "unix:\(controller.directory.file("controller.sock"))"
        return try await Subprocess.run(
            "python3",
            ["-c", program, try BuiltProgram.path("virtfleet"), "--controller", address] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(environment) { $1 }
        ).successful().text
    }
}
