import FleetModel
import Testing

@testable import HostInspection

@Suite struct KernelLogCheckTests {
    private func findings(
        _ messages: [String], _ change: (inout ReadinessFacts) -> Void = { _ in }
    ) async throws -> [Finding] {
        Check.kernelLog.findings(
            in: try await ReadinessFixture.facts {
                $0.kernelLog = KernelLog(messages: messages.map { .init(text: $0) })
                change(&$0)
            })
    }

    /// As kernels 6.1 and newer write them, with the row of the table, its level and the device.
    private static let samples: [(text: String, quote: String, level: Finding.Level, device: String?)] = [
        ("kvm: disabled by bios", "kvm: disabled by bios", .failure, nil),
        (
            "kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 3", "VMX not enabled (by BIOS)", .failure,
            nil
        ),
        ("kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 0", "SVM disabled (by BIOS)", .failure, nil),
        (
            "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param \"...\" to enable",
            "No interrupt remapping support", .failure, nil
        ),
        (
            "vfio-pci: probe of 0000:01:00.0 failed with error -22", "failed with error -22 (vfio-pci)", .failure,
            "0000:01:00.0"
        ),
        (
            "vfio-pci 0000:01:00.0: probe with driver vfio-pci failed with error -22",
            "failed with error -22 (vfio-pci)", .failure, "0000:01:00.0"
        ),
        (
            "vfio-pci 0000:01:00.0: Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  "
                + "Contact your platform vendor.",
            "Device is ineligible for IOMMU domain attach due to platform RMRR requirement", .failure, "0000:01:00.0"
        ),
        ("vfio: group 14 is not viable", "group N is not viable", .failure, nil),
        (
            "vfio-pci 0000:2b:00.0: BAR 1: can't reserve [mem 0xd0000000-0xdfffffff 64bit pref]",
            "BAR n: can't reserve", .warning, "0000:2b:00.0"
        ),
        (
            "vfio-pci 0000:2b:00.0: BAR 1 [mem 0xd0000000-0xdfffffff 64bit pref]: can't reserve",
            "BAR n: can't reserve", .warning, "0000:2b:00.0"
        ),
        (
            "vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible",
            "Unable to change power state from D3cold", .warning, "0000:01:00.0"
        ),
        (
            "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up", "not ready ...ms after FLR; giving up",
            .warning, "0000:01:00.0"
        ),
        (
            "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0xbdff0000 [fault reason 0x06]",
            "DMAR: [DMA Read] ... fault addr", .warning, "0000:01:00.0"
        ),
        (
            "DMAR: [DMA Write] Request device [0x3b:00.1] fault addr 0x0", "DMAR: [DMA Read] ... fault addr", .warning,
            "0000:3b:00.1"
        ),
        (
            "AMD-Vi: Event logged [IO_PAGE_FAULT device=0b:00.0 domain=0x000e address=0xdf000000 flags=0x0020]",
            "IO_PAGE_FAULT", .warning, "0000:0b:00.0"
        ),
        ("AMD-Vi: Completion-Wait loop timed out", "AMD-Vi: Completion-Wait loop timed out", .warning, nil),
        (
            "Out of memory: Killed process 4711 (qemu-system-x86) total-vm:9000000kB",
            "Out of memory: Killed process (qemu-system-...)", .warning, nil
        ),
        (
            "clocksource: timekeeping watchdog on CPU2: Marking clocksource 'tsc' as unstable because the skew is large",
            "clocksource: Marking clocksource 'tsc' as unstable", .warning, nil
        ),
        (
            "x86/split lock detection: #AC: CPU 0/KVM/1968 took a split_lock trap at address: 0xfffff804726dfdff",
            "x86/split lock detection", .notice, nil
        ),
        ("DMAR: IOMMU enabled", "DMAR: IOMMU enabled", .notice, nil),
        ("DMAR-IR: Enabled IRQ remapping in x2apic mode", "DMAR-IR: Enabled IRQ remapping", .notice, nil),
        (
            "AMD-Vi: AMD IOMMUv2 functionality not available on this system - This is not a bug.",
            "AMD-Vi: AMD IOMMUv2 functionality not available on this system", .notice, nil
        ),
    ]

    @Test(arguments: samples)
    func eachMessageHasItsMeaning(text: String, quote: String, level: Finding.Level, device: String?) async throws {
        let findings = try await findings([text])
        let message = try #require(KernelMessage.all.first { $0.quote == quote })
        #expect(findings.count == 1)
        #expect(findings.first?.level == level && findings.first?.fix == message.action)
        let named = device.map { " (\($0))" } ?? ""
        #expect(findings.first?.evidence == "\"\(quote)\"\(named): \(message.meaning)")
    }

    @Test func everyMessageIsTried() {
        #expect(Set(Self.samples.map(\.quote)) == Set(KernelMessage.all.map(\.quote)))
        #expect(Set(KernelMessage.all.map(\.quote)).count == KernelMessage.all.count)
    }

    /// Each of these is near to one of the table.
    @Test(arguments: [
        "vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting",
        "nvme: probe of 0000:01:00.0 failed with error -22",
        "Out of memory: Killed process 4711 (firefox)",
        "DMAR: DRHD base: 0x000000fed90000 flags: 0x0",
        "pci 0000:01:00.0: BAR 1: assigned [mem 0xd0000000-0xdfffffff 64bit pref]",
        "x86/split lock detection: #AC: crashing the kernel on kernel split_locks",
    ])
    func whatIsHarmlessIsLeftAlone(text: String) async throws {
        #expect(try await findings([text]).map(\.level) == [.ok])
    }

    @Test func whatProvesNothingIsToldOnlyWhereItMisleads() async throws {
        let log = ["DMAR: IOMMU enabled", "DMAR-IR: Enabled IRQ remapping in x2apic mode"]
        #expect(try await findings(log) { $0.iommu.status = .enabled }.map(\.level) == [.ok])
        #expect(try await findings(log) { $0.iommu.status = .offInFirmware }.map(\.level) == [.notice, .notice])
    }

    @Test func platformMemoryIsNotBlamedOnTheGroup() throws {
        let message = try #require(KernelMessage.all.first { $0.quote.contains("RMRR") })
        #expect(message.meaning.contains("group has nothing to do"))
    }

    @Test func repeatedMessagesAreOneFindingWithAllDevices() async throws {
        let log = ["0b:00.0", "0a:00.0", "0b:00.0"].map { "AMD-Vi: Event logged [IO_PAGE_FAULT device=\($0) x=1]" }
        let published = try await findings(log)
        #expect(published.count == 1)
        #expect(published.first?.evidence.contains("(0000:0a:00.0, 0000:0b:00.0)") == true)
        // The log forgets its oldest messages; what is published does not change with that.
        #expect(try await findings(Array(log.dropFirst())) == published)
        let shown = try await findings(log) { $0.quotesMomentary = true }
        #expect(shown.first?.evidence.contains(log[0]) == true)
    }

    @Test func anUnreadableLogIsUnknown() async throws {
        #expect(try await findings([]).map(\.level) == [.unknown])
    }
}
