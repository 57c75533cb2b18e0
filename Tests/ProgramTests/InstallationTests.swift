import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// What `make man` and `make install` leave behind.
@Suite struct InstallationTests {
    private let stage: TemporaryDirectory

    init() throws { stage = try TemporaryDirectory() }

    private func make(_ arguments: String...) async throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let binaries = URL(filePath: try BuiltProgram.path("virtfleet")).deletingLastPathComponent().path
        _ = try await Subprocess.run(
            "make",
            [
                "-C", repository, "install", "BINARIES=\(binaries)", "MANUAL=\(stage.file("man"))",
                "DESTDIR=\(stage.path)",
            ] + arguments
        ).successful()
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: stage.file(path), encoding: .utf8)
    }

    @Test func everythingHasItsPlace() async throws {
        try await make("PREFIX=/usr/local")
        for program in ["virtfleet", "virtfleet-agent", "virtfleet-controller"] {
            let version = try await Subprocess.run(stage.file("usr/local/bin/\(program)"), ["--version"])
            #expect(version.text.hasPrefix("\(program) "))
            #expect(try text("usr/local/share/man/man1/\(program).1").hasPrefix(".TH "))
        }
        #expect(try text("usr/local/share/man/man1/virtfleet-vm-clone.1").contains("virtfleet vm clone"))
        for unit in ["virtfleet-agent", "virtfleet-controller"] {
            let unit = try text("usr/local/lib/systemd/system/\(unit).service")
            #expect(unit.contains("ExecStart=/usr/local/bin/virtfleet-") && !unit.contains("ExecStart=/usr/bin"))
        }
        for path in [
            "bash-completion/completions/virtfleet", "zsh/site-functions/_virtfleet",
            "fish/vendor_completions.d/virtfleet.fish", "virtfleet/profiles/linux-small.yaml",
            "virtfleet/windows/nights.yaml", "virtfleet/policies/nightly.yaml",
            "virtfleet/policies/monthly-update.yaml", "virtfleet/policies/guest-updates.yaml",
            "virtfleet/policies/save-on-sleep.yaml", "virtfleet/rollouts/office-update.yaml",
            "virtfleet/agent.yaml",
            "virtfleet/mosquitto/acl", "virtfleet/prometheus/rules.yaml",
        ] { #expect(try !text("usr/local/share/\(path)").isEmpty) }
        #expect(try text("usr/local/lib/sysusers.d/virtfleet.conf").contains("\nu virtfleet "))
        let check = try await Subprocess.run(
            stage.file("usr/local/bin/virtfleet-controller"),
            ["--config", stage.file("etc/virtfleet/controller.yaml"), "--check-config"])
        #expect(check.status == 0 && check.errorText.isEmpty, "\(check.errorText)")
    }

    @Test func whatTheAdministratorChangedStays() async throws {
        try await make()
        try Data("fleet: ours\n".utf8).write(to: URL(filePath: stage.file("etc/virtfleet/controller.yaml")))
        try await make()
        #expect(try text("etc/virtfleet/controller.yaml") == "fleet: ours\n")
    }
}
