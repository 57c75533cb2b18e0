import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// The units of config/systemd: what docs/hardening.md promises of them.
@Suite struct UnitFileTests {
    @Test(arguments: [("virtfleet-agent.service", 4.0), ("virtfleet-controller.service", 2.0)])
    func exposureStaysLow(unit: String, limit: Double) async throws {
        let path =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/config/systemd/" + unit
        let text = try await Subprocess.run("systemd-analyze", ["security", "--offline=yes", "--no-pager", path])
            .successful().text
        let verdict = try #require(text.split(separator: "\n").last { $0.contains("Overall exposure level") })
        let score = try #require(verdict.split(separator: " ").compactMap { Double($0) }.first)
        #expect(score <= limit)
    }
}
