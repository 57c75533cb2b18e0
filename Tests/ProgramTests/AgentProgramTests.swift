import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// `virtfleet-agent` as two programs: a command line that is there at once, and the daemon that it becomes.
@Suite struct AgentProgramTests {
    @Test func theCommandLineIsLinkedWithNothingThatOnlyTheRunningAgentNeeds() async throws {
        func libraries(_ program: String) async throws -> String {
            try await Subprocess.run("readelf", ["--dynamic", BuiltProgram.path(program)]).successful().text
        }
        for library in ["libvirt.so", "libcurl.so", "libmosquitto.so", "libcrypto.so", "libsystemd.so"] {
            #expect(try await libraries("virtfleet-agentd").contains(library))
            #expect(try await !libraries("virtfleet-agent").contains(library))
        }
    }

    @Test func withoutItsDaemonItSaysWhatIsMissing() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: try BuiltProgram.path("virtfleet-agent"), toPath: directory.file("virtfleet-agent"))
        let output = try await Subprocess.run(directory.file("virtfleet-agent"), ["--config", "/none"])
        #expect(output.status != 0)
        #expect(
            output.errorText.hasPrefix(
                "virtfleet-agent: its daemon is neither \(directory.path)/virtfleet-agentd nor "))
    }

    @Test func itBecomesTheDaemonThatIsInstalledBesideIt() async throws {
        let directory = try TemporaryDirectory()
        for (program, path) in [
            ("virtfleet-agent", "bin/virtfleet-agent"), ("virtfleet-agentd", "libexec/virtfleet/virtfleet-agentd"),
        ] {
            let copy = URL(filePath: directory.file(path))
            try FileManager.default.createDirectory(
                at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: try BuiltProgram.path(program), toPath: copy.path)
        }
        let output = try await Subprocess.run(directory.file("bin/virtfleet-agent"), ["--config", "/none/agent.yaml"])
        #expect(output.status == 2 && output.errorText.contains("/none/agent.yaml"))
    }
}
