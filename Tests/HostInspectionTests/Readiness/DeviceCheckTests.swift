import FleetModel
import Testing

@testable import HostInspection

@Suite struct DeviceCheckTests {
    @Test(
        arguments: [
            (.enabled, .ok), (.offInFirmware, .warning), (.offOnCommandLine, .warning), (.needsArgument, .warning),
            (.failed, .warning), (.unsupported, .notice), (.unknown, .unknown),
        ] as [(IOMMUDocument.Status, Finding.Level)])
    func theIOMMUsStatusReasonAndFixAreHandedOn(status: IOMMUDocument.Status, level: Finding.Level) async throws {
        let finding = try await ReadinessFixture.finding(.iommu) {
            $0.iommu.status = status
            $0.iommu.reason = "The reason."
            $0.iommu.evidence = ["one thing", "another"]
            $0.iommu.fix = "The fix."
        }
        #expect(finding.level == level)
        #expect(finding.evidence == "The IOMMU is \(status.rawValue): The reason. Seen: one thing; another.")
        #expect((finding.fix == "The fix.") == (level == .warning || level == .notice))
    }

    @Test(
        arguments: [
            (.enabled, true, .ok), (.enabled, false, .failure), (.enabled, nil, .unknown), (.failed, false, .notice),
            (.unknown, nil, .unknown),
        ] as [(IOMMUDocument.Status, Bool?, Finding.Level)])
    func interruptRemapping(status: IOMMUDocument.Status, on: Bool?, level: Finding.Level) async throws {
        let finding = try await ReadinessFixture.finding(.interruptRemapping) {
            $0.iommu.status = status
            $0.iommu.interruptRemapping = on
        }
        #expect(finding.level == level)
    }

    @Test func aProtectionThatWasGivenUpIsAWarning() async throws {
        let finding = try await ReadinessFixture.finding(.interruptRemapping) {
            $0.iommu.status = .enabled
            $0.iommu.interruptRemapping = true
            $0.software.moduleParameters["vfio_iommu_type1.allow_unsafe_interrupts"] = "Y"
        }
        #expect(finding.level == .warning && finding.fix?.hasPrefix("Remove the option") == true)
    }

    @Test func noAdviceGivesUpTheProtection() async throws {
        let finding = try await ReadinessFixture.finding(.interruptRemapping) {
            $0.iommu.status = .enabled
            $0.iommu.interruptRemapping = false
        }
        let texts = [finding.fix ?? ""] + KernelMessage.all.flatMap { [$0.quote, $0.meaning, $0.action ?? ""] }
        #expect(!texts.joined().contains("allow_unsafe"))
    }

    @Test func aDirtyGroupNamesThePortAndTheFixesInTheirOrder() async throws {
        let (gpu, network) = (
            try ReadinessFixture.device("0000:01:00.0", "0300", .notSeparable),
            try ReadinessFixture.device("0000:02:00.0", "0200", .pass)
        )
        let finding = try await ReadinessFixture.finding(.sharedGroups) {
            $0.pci = [gpu, network]
            $0.iommu.status = .enabled
            $0.iommu.groups = [
                .init(
                    id: 1, devices: [gpu.address], viable: true,
                    dirty: .init(
                        port: PCIAddress("0000:00:01.0"), reason: "It has no ACS.", fixes: ["Move.", "Update."])),
                .init(id: 2, devices: [network.address], viable: true),
            ]
        }
        #expect(finding.level == .warning)
        #expect(finding.evidence.contains("0000:00:01.0") && finding.evidence.contains("0000:01:00.0 alone"))
        #expect(finding.fix == "1. Move. 2. Update.")
    }

    @Test func aDirtyGroupThatNobodyWantsIsANotice() async throws {
        let bus = try ReadinessFixture.device("0000:00:1f.4", "0c05", .never)
        let level = try await ReadinessFixture.level(.sharedGroups) {
            $0.pci = [bus]
            $0.iommu.groups = [
                .init(id: 1, devices: [bus.address], viable: true, dirty: .init(reason: "Reason.", fixes: []))
            ]
        }
        #expect(level == .notice)
    }

    @Test func cleanGroupsAreFineForcedOnesAreNotAndNoneAreUnknown() async throws {
        let group = IOMMUDocument.Group(id: 1, devices: [], viable: true)
        #expect(try await ReadinessFixture.level(.sharedGroups) { $0.iommu.groups = [group] } == .ok)
        #expect(try await ReadinessFixture.level(.sharedGroups) { _ in } == .unknown)
        #expect(try await ReadinessFixture.level(.sharedGroups) { $0.iommu.status = .offInFirmware } == .notice)
        let forced = try await ReadinessFixture.finding(.sharedGroups) {
            $0.iommu.groups = [group]
            $0.iommu.acsOverride = true
        }
        #expect(forced.level == .warning && forced.fix?.contains("pcie_acs_override") == true)
    }

    @Test func sharedIDsAreToldWithBindingByAddress() async throws {
        let (first, second, other) = (
            try ReadinessFixture.device("0000:01:00.0", "0108", id: "144d:a804"),
            try ReadinessFixture.device("0000:02:00.0", "0108", id: "144d:a804", .never),
            try ReadinessFixture.device("0000:03:00.0", "0200", id: "8086:1533")
        )
        let finding = try await ReadinessFixture.finding(.duplicateDeviceIDs) { $0.pci = [first, second, other] }
        #expect(finding.level == .notice && finding.evidence.contains("0000:01:00.0 and 0000:02:00.0"))
        #expect(finding.fix?.contains("driver_override") == true)
        let claimed = try await ReadinessFixture.finding(.duplicateDeviceIDs) {
            $0.pci = [first, second, other]
            $0.software.commandLine = "quiet vfio-pci.ids=10DE:1C82,144d:a804:ffffffff"
        }
        #expect(claimed.level == .warning && claimed.fix?.contains("144d:a804") == true)
        // What nobody can have anyway is no news, and virtual functions are alike by design.
        #expect(try await ReadinessFixture.level(.duplicateDeviceIDs) { $0.pci = [second, other] } == .ok)
        var function = first
        function.physicalFunction = other.address
        #expect(try await ReadinessFixture.level(.duplicateDeviceIDs) { $0.pci = [function, second] } == .ok)
        #expect(try await ReadinessFixture.level(.duplicateDeviceIDs) { _ in } == .unknown)
    }

    @Test func eachGPUIsToldWithItsRole() async throws {
        func gpu(_ role: GPU.Role) -> GPU { GPU(role: role, reason: "Reason.") }
        let display = try ReadinessFixture.device("0000:00:02.0", "0300", .never, gpu: gpu(.hostDisplay))
        let candidate = try ReadinessFixture.device("0000:01:00.0", "0300", .passWithCompanions, gpu: gpu(.candidate))
        let stuck = try ReadinessFixture.device(
            "0000:02:00.0", "0300", .notSeparable, gpu: gpu(.candidate), fix: "Move it.")
        let muxless = try ReadinessFixture.device("0000:03:00.0", "0302", .pass, gpu: gpu(.renderOnly))
        let findings = Check.gpuRole.findings(
            in: try await ReadinessFixture.facts { $0.pci = [display, candidate, stuck, muxless] })
        #expect(findings.map(\.level) == [.notice, .ok, .notice, .notice])
        #expect(findings.map(\.fix) == [nil, nil, "Move it.", nil])
        #expect(findings[3].evidence.contains("shows no picture"))

        let only = try await ReadinessFixture.finding(.gpuRole) { $0.pci = [display] }
        #expect(only.evidence.contains("only GPU") && only.fix?.contains("consent") == true)
        let nic = try ReadinessFixture.device("0000:03:00.0", "0200")
        #expect(try await ReadinessFixture.level(.gpuRole) { $0.pci = [nic] } == .notice)
        #expect(try await ReadinessFixture.level(.gpuRole) { _ in } == .unknown)
    }
}
