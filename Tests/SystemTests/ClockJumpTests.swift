import FleetTestSupport
import FoundationEssentials
import Testing

/// The installed agent, whose wall clock is set a day ahead and back while its other clocks go on.
@Suite struct ClockJumpTests {
    /// libfaketime moves the environment, which hides the command line from Swift: the agent takes its defaults.
    private static let service = """
        [Service]
        Environment=LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1 FAKETIME_DONT_FAKE_MONOTONIC=1
        Environment=FAKETIME_TIMESTAMP_FILE=/run/offset FAKETIME_NO_CACHE=1
        """

    @Test func aDayForwardAndBackIsRecordedAndTheHostStays() async throws {
        let systemd = try await PrivateSystemd()
        do {
            try await jump(systemd)
        } catch {
            Issue.record("\(error)\n\(systemd.log.split(separator: "\n").suffix(40).joined(separator: "\n"))")
        }
        await systemd.stop()
    }

    private func jump(_ systemd: PrivateSystemd) async throws {
        try await systemd.installVirtfleet()
        try await systemd.write(Self.service, to: "/etc/systemd/system/virtfleet-agent.service.d/clock.conf")
        try await systemd.write("+0\n", to: "/run/offset")
        _ = try await systemd.run("systemctl", "daemon-reload").successful()
        _ = try await systemd.run("systemctl", "start", "virtfleet-controller").successful()
        let configuration = try await systemd.run("virtfleet", "host", "add", "ada").successful().text
        try await systemd.write(configuration + "libvirt: {uri: 'test:///default'}\n", to: "/etc/virtfleet/agent.yaml")
        _ = try await systemd.run("systemctl", "start", "virtfleet-agent").successful()

        for (offset, count) in [("+86400", 1), ("+0", 2)] {
            // The agent looks at its clock every 10 s and has to have seen the one before.
            try await Task.sleep(for: .seconds(11))
            try await systemd.write("\(offset)\n", to: "/run/offset")
            let recorded = try await eventually { try await jumps(systemd).count == count }
            #expect(recorded)
        }
        let told = try await jumps(systemd)
        #expect(told.first?.contains("jumped by 8640") == true && told.last?.contains("jumped by -") == true, "\(told)")
        let hosts = try await systemd.run("virtfleet", "host", "list", "-o", "csv", "--no-headers").text
        #expect(hosts.hasPrefix("ada,online,"), "\(hosts)")
    }

    private func jumps(_ systemd: PrivateSystemd) async throws -> [Substring] {
        try await systemd.run("virtfleet", "event", "list", "--type", "clock.jumped", "-o", "csv", "--no-headers")
            .successful().text.split(separator: "\n")
    }
}
