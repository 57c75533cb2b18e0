import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// The services as `make install` leaves them, run by a real systemd with every restriction of their units, and with
/// nothing configured beyond what docs/install.md says.
@Suite struct InstalledServicesTests {
    private static let libvirtd = """
        [Service]
        ExecStart=/usr/sbin/libvirtd
        KillMode=process
        Delegate=yes
        """
    /// No security driver and no control groups of its own: the test's kernel is shared.
    private static let qemu = """
        security_driver = "none"
        namespaces = []
        cgroup_controllers = []
        stdio_handler = "file"
        """

    @Test func aCloneIsMadeUnderTheRestrictionsOfTheUnits() async throws { try await inside(cloneIsMade) }

    @Test func aServiceThatHangsIsStartedAgain() async throws { try await inside(hangingIsNoticed) }

    private func inside(_ body: (PrivateSystemd) async throws -> Void) async throws {
        let systemd = try await PrivateSystemd()
        do {
            try await systemd.installVirtfleet()
            try await body(systemd)
        } catch {
            Issue.record("\(error)\n\(systemd.log.split(separator: "\n").suffix(60).joined(separator: "\n"))")
        }
        await systemd.stop()
    }

    private func cloneIsMade(_ systemd: PrivateSystemd) async throws {
        // This machine's own domains are no business of the libvirtd inside; swtpm's package makes the directory.
        _ = try await systemd.run(
            "sh", "-ec", "rm -rf /etc/libvirt; install -d -m 750 -o tss -g root /var/lib/swtpm-localca"
        ).successful()
        try await systemd.write(Self.libvirtd, to: "/etc/systemd/system/libvirtd.service")
        try await systemd.write(Self.qemu, to: "/etc/libvirt/qemu.conf")
        _ = try await systemd.run("systemctl", "daemon-reload").successful()
        _ = try await systemd.run("systemctl", "start", "libvirtd").successful()

        _ = try await systemd.run("systemctl", "start", "virtfleet-controller").successful()
        let configuration = try await systemd.run("virtfleet", "host", "add", "ada").successful().text
        try await systemd.write(configuration, to: "/etc/virtfleet/agent.yaml")
        let disk = try await LoopDevice(bytes: 8 << 20, named: "vf-installed")
        try await systemd.write(
            """
            memoryMiB: 256
            vcpus: 1
            freeDiskMiB: 64
            guestAgentTimeoutSeconds: 150
            hostDisks: [{device: \(disk.path), snapshot: no}]

            """, to: "/etc/virtfleet/profiles/tiny.yaml")
        _ = try await systemd.run("systemctl", "start", "virtfleet-agent").successful()
        _ = try await systemd.run(
            "virtfleet", "template", "import", GuestImage.path, "--name", "tiny", "--version", "1"
        ).successful()
        let cloned = try await systemd.run(
            "virtfleet", "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        #expect(cloned.status == 0, "\(cloned.errorText)\n\(systemd.log)")
        let vms = try await systemd.run("virtfleet", "vm", "list", "-o", "csv", "--no-headers").text
        #expect(vms.contains("office,") && vms.contains(",running,"), "\(vms)")

        for (verb, before) in [("create", ""), ("revert", "clean\n"), ("delete", "clean\n")] {
            let known = try await eventually {
                try await systemd.run("virtfleet", "snapshot", "list", "office", "-o", "name").text == before
            }
            #expect(known)
            let consent = verb == "create" ? "--wait" : "--yes"
            let output = try await systemd.run("virtfleet", "snapshot", verb, "office", "clean", "--wait", consent)
            #expect(output.status == 0, "\(verb): \(output.text)\(output.errorText)\n\(systemd.log)")
        }
        // The TPM's state is swtpm's again, and the guest starts with it.
        let owner = try await systemd.run("sh", "-c", "stat -c %U /var/lib/libvirt/swtpm/*/tpm2/tpm2-00.permall").text
        #expect(owner == "tss\n")

        try await expectRestricted(systemd)
        for service in ["virtfleet-agent", "virtfleet-controller"] {
            _ = try await systemd.run("systemctl", "stop", service).successful()
            let result = try await systemd.run("systemctl", "show", service, "--property=Result").text
            #expect(result == "Result=success\n")
        }
    }

    /// The kernel's view of the running services, so that a unit that systemd did not apply is found out.
    private func expectRestricted(_ systemd: PrivateSystemd) async throws {
        for (service, capabilities) in [
            ("virtfleet-controller", "0000000000000000"), ("virtfleet-agent", "0000000000000203"),
        ] {
            let pid = try await systemd.run("systemctl", "show", service, "--property=MainPID", "--value").text
                .split(separator: "\n").joined()
            let status = try await systemd.run("cat", "/proc/\(pid)/status").text
            #expect(status.contains("CapBnd:\t\(capabilities)"), "\(service)")
            #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"), "\(service)")
            let mounts = try await systemd.run("cat", "/proc/\(pid)/mounts").text.split(separator: "\n")
            #expect(mounts.contains { $0.contains(" / ") && $0.contains(" ro,") }, "\(service)")
            #expect(mounts.contains { $0.contains(" /sys ") && $0.contains(" ro,") }, "\(service)")
            let writesDevices = mounts.contains { $0.contains(" /sys/devices ") && $0.contains(" rw,") }
            #expect(writesDevices == (service == "virtfleet-agent"), "\(service)")
        }
    }

    private func hangingIsNoticed(_ systemd: PrivateSystemd) async throws {
        try await systemd.write(
            "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\nRestartSec=0\n",
            to: "/etc/systemd/system/virtfleet-controller.service.d/impatient.conf")
        _ = try await systemd.run("systemctl", "daemon-reload").successful()
        _ = try await systemd.run("systemctl", "start", "virtfleet-controller").successful()
        // It lives through more than one period of the watchdog.
        try await Task.sleep(for: .seconds(5))
        #expect(try await property("NRestarts", systemd) == "0")
        _ = try await systemd.run("systemctl", "kill", "--signal=STOP", "virtfleet-controller").successful()
        #expect(try await eventually { try await property("NRestarts", systemd) != "0" })
        #expect(try await eventually { try await property("ActiveState", systemd) == "active" })
        #expect(try await systemd.run("virtfleet", "host", "list").status == 0)
    }

    private func property(_ name: String, _ systemd: PrivateSystemd) async throws -> String {
        try await systemd.run("systemctl", "show", "virtfleet-controller", "--property=\(name)", "--value").text
            .split(separator: "\n").joined()
    }
}
