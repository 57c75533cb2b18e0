import FleetModel
import FleetTestSupport
import Testing

/// `vm exec`: what may be run, and what it said.
@Suite struct ExecCommandTests {
    private static let result = GuestCommandResult(
        exitStatus: 3, output: "one\r\ntwo\u{1B}[31m\n", errorOutput: "no license\n", isCut: true)

    private func controller(_ commands: [GuestCommand]? = nil) throws -> FakeController {
        var vm = Fleet.vm(1, "office", on: Fleet.hosts[0], .running)
        vm.vm.guestCommands = commands
        var job = Fleet.job(.failed, message: "command 'state' ended with 3")
        job.result = .command(Self.result)
        return try FakeController([
            "GET /vms": { [vm] in $1.respond(page: [vm]) },
            "POST /jobs": { $1.respond(json: Fleet.job(.planned), status: 201) },
            "GET /jobs/\(Fleet.job)": { [job] in $1.respond(json: job) },
            "GET /events/stream": { _, exchange in
                exchange.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                exchange.waitForClient()
            },
        ])
    }

    @Test func withoutACommandItListsThem() async throws {
        let commands = [
            GuestCommand(
                name: ResourceName("log")!, path: "/usr/bin/journalctl", arguments: ["-n", "5"], takesArguments: true)
        ]
        let listed = try await controller(commands).run("vm", "exec", "office", "-o", "csv", "--no-headers")
        #expect(listed.text == "log,/usr/bin/journalctl -n 5 ...,60\n", "\(listed.errorText)")
        #expect(try await controller([]).run("vm", "exec", "office").errorText.contains("no guestCommands"))
        let unknown = try await controller(nil).run("vm", "exec", "office")
        #expect(unknown.status == 1 && unknown.errorText.contains("is not known"))
    }

    @Test func aCommandIsAskedForByItsName() async throws {
        let controller = try controller()
        #expect(try await controller.run("vm", "exec", "office", "log", "--", "-u", "plc").status == 0)
        #expect(
            controller.requests.last?.bodyText
                == #"{"arguments":{"arguments":["-u","plc"],"command":"log","vm":"\#(Fleet.vms[0].vm.id)"},"host":"\#(Fleet.anna)","kind":"guest.exec"}"#
        )
        #expect(try await controller.run("vm", "exec", "office", "/bin/sh").status == 2)
    }

    @Test func whatItSaidIsShownAndCommandsNoTerminal() async throws {
        let output = try await controller().run("vm", "exec", "office", "state", "--wait")
        #expect(output.status == 1)
        for line in ["Ended with:  3", "Output, its end", "1:  one", "Errors, its end", "1:  no license"] {
            #expect(output.text.contains(line), "\(output.text)")
        }
        #expect(!output.text.contains("\u{1B}"))
    }
}
