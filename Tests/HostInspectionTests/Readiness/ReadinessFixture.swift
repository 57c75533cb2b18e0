import FleetModel
import Testing

@testable import HostInspection

/// Facts of a machine of which nothing is known, and changes to them.
enum ReadinessFixture {
    static func facts(_ change: (inout ReadinessFacts) -> Void = { _ in }) async throws -> ReadinessFacts {
        let machine = try FixtureMachine([:])
        var facts = ReadinessFacts(await HostInspector().inspect(machine.subject), showsPrograms: false)
        change(&facts)
        return facts
    }

    /// The only finding of a check.
    static func finding(_ check: Check, _ change: (inout ReadinessFacts) -> Void = { _ in }) async throws -> Finding {
        let findings = check.findings(in: try await facts(change))
        try #require(findings.count == 1, "\(findings)")
        return findings[0]
    }

    static func level(_ check: Check, _ change: (inout ReadinessFacts) -> Void) async throws -> Finding.Level {
        try await finding(check, change).level
    }

    static func device(
        _ address: String, _ deviceClass: String, id: String = "10de:1c82", _ verdict: PCIDevice.Verdict = .pass,
        gpu: GPU? = nil, fix: String? = nil
    ) throws -> PCIDevice {
        PCIDevice(
            address: try #require(PCIAddress(address)), deviceClass: PCIClass(deviceClass),
            vendor: String(id.prefix(4)), device: String(id.suffix(4)), gpu: gpu,
            passthrough: .init(verdict: verdict, reason: "Because of \(address).", fix: fix))
    }

    static func profile(
        _ name: String, memory: UInt64 = 8, vcpus: Int = 4, secureBoot: Bool = false, tpm: Bool = false,
        bridge: String? = nil, interface: String? = nil,
        disk: UInt64 = 20
    ) throws -> ProfileNeeds {
        ProfileNeeds(
            name: try #require(ResourceName(name)), memoryBytes: memory << 30, vcpus: vcpus, secureBoot: secureBoot,
            tpm: tpm, bridges: bridge.map { [$0] } ?? [], interfaces: interface.map { [$0] } ?? [],
            freeDiskBytes: disk << 30)
    }
}
