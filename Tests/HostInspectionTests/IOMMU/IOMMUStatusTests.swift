import FleetModel
import Testing

@testable import HostInspection

/// The order of the evidence, and what is no evidence though it looks like it.
@Suite struct IOMMUStatusTests {
    private let bareMetal = ["/proc/cpuinfo": "processor : 0\nvendor_id : GenuineIntel\nflags : fpu vmx\n"]
    private let guest = ["/proc/cpuinfo": "processor : 0\nvendor_id : GenuineIntel\nflags : fpu hypervisor vmx\n"]
    private let dmar = ["/sys/firmware/acpi/tables/DMAR": "DMAR"]
    private let ivrs = ["/sys/firmware/acpi/tables/IVRS": "IVRS"]
    private let noTables = ["/sys/firmware/acpi/tables/APIC": "APIC"]
    private let kernel = ["/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n"]

    private func inspect(_ trees: [String: String]..., devices: [PCIDevice] = []) throws -> IOMMUDocument {
        let machine = try FixtureMachine(trees.reduce(into: [:]) { $0.merge($1) { $1 } })
        let subject = machine.subject
        defer { withExtendedLifetime(machine) {} }
        return IOMMUInspector(kernel: RunningKernel(subject.root), processor: FirstProcessor(subject.root)).inspect(
            subject, groups: GroupReader(root: subject.root).groups(), devices: devices,
            log: KernelLog(of: subject.root))
    }

    private func commandLine(_ options: String) -> [String: String] { ["/proc/cmdline": "root=/dev/sda1 \(options)\n"] }
    private func log(_ lines: String...) -> [String: String] {
        ["/var/log/dmesg": "[    0.0] Linux version 6.1.0\n" + lines.joined(separator: "\n") + "\n"]
    }
    private func configuration(_ text: String) -> [String: String] { ["/boot/config-6.1.0-18-amd64": text] }

    @Test func devicesInGroupsProveIt() throws {
        let group = "/sys/kernel/iommu_groups/1/devices/0000:01:00.0/class"
        let iommu = try inspect(bareMetal, dmar, commandLine("intel_iommu=off"), [group: "0x030000"])
        #expect(iommu.status == .enabled && iommu.evidence == ["1 devices are in 1 IOMMU groups"])
    }

    @Test func anEmptyGroupProvesNothing() throws {
        let iommu = try inspect(bareMetal, noTables, ["/sys/kernel/iommu_groups/1/type": "DMA"])
        #expect(iommu.status == .offInFirmware && iommu.groups.isEmpty)
    }

    @Test func withoutATableItIsOffInFirmware() throws {
        let intel = try inspect(bareMetal, noTables, commandLine("intel_iommu=off"))
        #expect(intel.status == .offInFirmware && intel.fix?.contains("Intel VT-d") == true)
        let amd = try inspect(noTables, ["/proc/cpuinfo": "vendor_id : AuthenticAMD\nflags : svm\n"])
        #expect(amd.status == .offInFirmware && amd.fix?.contains("AMD-Vi") == true && amd.vendor == .amd)
        #expect(try inspect(bareMetal).status == .offInFirmware)
    }

    @Test func aGuestWithoutATableHasNoVirtualIOMMU() throws {
        #expect(try inspect(guest, noTables).status == .unsupported)
        #expect(try inspect(guest, dmar, commandLine("intel_iommu=off")).status == .offOnCommandLine)
    }

    @Test(arguments: [
        ("intel_iommu=off", "intel_iommu=off"), ("iommu=off", "iommu=off"), ("intel_iommu=on,off", "intel_iommu=off"),
        ("intel_iommu=on iommu=off", "iommu=off"),
    ])
    func itIsOffOnTheCommandLine(options: String, culprit: String) throws {
        let iommu = try inspect(bareMetal, dmar, commandLine(options), configuration("CONFIG_INTEL_IOMMU_DEFAULT_ON=y"))
        #expect(iommu.status == .offOnCommandLine && iommu.fix?.contains("Remove \(culprit) ") == true)
    }

    @Test(arguments: ["amd_iommu=off", "intel_iommu=off intel_iommu=on", "-- intel_iommu=off", "xintel_iommu=off"])
    func otherOptionsDoNotSwitchItOff(options: String) throws {
        let iommu = try inspect(bareMetal, dmar, kernel, commandLine(options), configuration("CONFIG_INTEL_IOMMU=y"))
        #expect(iommu.status == (options.hasSuffix("on") ? .failed : .needsArgument))
    }

    @Test func anAMDMachineIsSwitchedOffByItsOwnOption() throws {
        #expect(try inspect(ivrs, commandLine("amd_iommu=off")).status == .offOnCommandLine)
    }

    @Test func anIntelMachineNeedsTheArgumentUnlessBuiltOtherwise() throws {
        let built = "CONFIG_INTEL_IOMMU=y\n# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set\n"
        let iommu = try inspect(bareMetal, dmar, kernel, commandLine("quiet"), configuration(built))
        #expect(iommu.status == .needsArgument && iommu.fix?.contains("intel_iommu=on") == true)
        #expect(iommu.evidence.contains("the kernel is built without INTEL_IOMMU_DEFAULT_ON"))
        let unknown = try inspect(bareMetal, dmar, commandLine("quiet"))
        #expect(unknown.status == .needsArgument)
        #expect(unknown.evidence.contains("the kernel's configuration cannot be read"))
        let on = "CONFIG_INTEL_IOMMU=y\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y\n"
        #expect(try inspect(bareMetal, dmar, kernel, commandLine("quiet"), configuration(on)).status == .failed)
        let missing = try inspect(
            bareMetal, dmar, kernel, commandLine("quiet"), configuration("# CONFIG_INTEL_IOMMU is not set\n"))
        #expect(missing.status == .failed && missing.fix?.contains("CONFIG_INTEL_IOMMU") == true)
    }

    @Test(arguments: ["/lib/modules/6.1.0-18-amd64/config", "/usr/lib/modules/6.1.0-18-amd64/config"])
    func theConfigurationMayLieBesideTheModules(path: String) throws {
        let iommu = try inspect(bareMetal, dmar, kernel, [path: "CONFIG_INTEL_IOMMU_DEFAULT_ON=y\n"])
        #expect(iommu.status == .failed)
    }

    @Test func anAMDMachineNeverNeedsAnArgument() throws {
        let iommu = try inspect(ivrs, kernel, commandLine("quiet"), configuration("CONFIG_AMD_IOMMU=y\n"))
        #expect(iommu.status == .failed && iommu.vendor == .amd)
    }

    @Test func aFailureShowsWhatTheDriverSaid() throws {
        let iommu = try inspect(
            bareMetal, dmar, commandLine("intel_iommu=on"),
            log("[    0.1] DMAR: IOMMU enabled", "[    0.2] DMAR: Failed to map dmar0", "[    0.3] usb: hello"))
        #expect(iommu.status == .failed)
        #expect(iommu.evidence.contains("kernel log: DMAR: Failed to map dmar0"))
        #expect(!iommu.evidence.contains { $0.contains("IOMMU enabled") || $0.contains("usb") })
    }

    @Test func theWordsInTheLogProveNothing() throws {
        let words = log(
            "DMAR: IOMMU enabled", "AMD-Vi: AMD IOMMUv2 functionality not available on this system",
            "DMAR-IR: Enabled IRQ remapping in x2apic mode")
        let iommu = try inspect(bareMetal, noTables, commandLine("intel_iommu=on"), words)
        #expect(iommu.status == .offInFirmware && iommu.vendor == .intel)
        #expect(iommu.interruptRemapping == true, "which is another fact")
        #expect(try inspect(bareMetal, dmar, commandLine("intel_iommu=off"), words).status == .offOnCommandLine)
    }

    @Test func withoutAnyEvidenceNothingIsSaid() throws {
        let iommu = try inspect(commandLine("intel_iommu=on"))
        #expect(iommu.status == .unknown && iommu.vendor == nil && iommu.mode == nil)
        #expect(iommu.interruptRemapping == nil && iommu.fix == nil)
    }

    @Test func anUnreadableCommandLineIsSaidToBeSo() throws {
        #expect(try inspect(dmar).evidence.contains("the kernel's command line cannot be read"))
        #expect(
            try inspect(dmar, commandLine("quiet")).evidence.last
                == "intel_iommu=on is not on the kernel's command line")
    }

    @Test func theVendorIsToldByTheStrongestSign() throws {
        let bridge = try device("00:00.0", "0600", ids: "1022:1480")
        #expect(try inspect(devices: [bridge]).vendor == .amd)
        #expect(try inspect(bareMetal, devices: [bridge]).vendor == .intel)
        #expect(try inspect(bareMetal, ivrs, devices: [bridge]).vendor == .amd)
        #expect(try inspect(["/sys/class/iommu/dmar0/x": ""], ivrs).vendor == .intel)
        #expect(try inspect(["/sys/class/iommu/ivhd0/x": ""], bareMetal).vendor == .amd)
        #expect(try inspect(["/sys/class/iommu/smmu3.0x1/x": ""]).vendor == .other)
        #expect(try inspect(devices: [try device("00:00.0", "0600", ids: "1b36:0008")]).vendor == .other)
    }

    @Test(arguments: [
        (["DMA"], "iommu=pt", IOMMUDocument.Mode.translated), (["DMA-FQ", "DMA"], "", .translated),
        (["identity"], "", .passthrough), (["identity", "DMA"], "", .mixed), ([], "iommu=pt", .passthrough),
        ([], "iommu.passthrough=1", .passthrough), ([], "iommu.passthrough=0", .translated),
        (["blocked"], "intel_iommu=on,sm_on iommu=pt", .passthrough),
    ])
    func theModeIsThatOfTheGroups(types: [String], options: String, mode: IOMMUDocument.Mode) throws {
        var tree = ["/sys/kernel/iommu_groups/9/devices/0000:01:00.0/class": "0x020000"]
        for (id, type) in types.enumerated() {
            tree["/sys/kernel/iommu_groups/\(id)/devices/0000:00:0\(id).0/class"] = "0x020000"
            tree["/sys/kernel/iommu_groups/\(id)/type"] = type + "\n"
        }
        #expect(try inspect(tree, commandLine(options)).mode == mode)
    }

    @Test func interruptRemappingIsReadWhereItIsUsed() throws {
        func interrupts(_ chip: String) -> [String: String] {
            [
                "/proc/interrupts":
                    "            CPU0       CPU1\n   1:   0   9   \(chip)   1-edge  i8042\n NMI:  0  0  Non-maskable\n"
            ]
        }
        #expect(try inspect(interrupts("IR-IO-APIC")).interruptRemapping == true)
        #expect(try inspect(interrupts("IR-PCI-MSIX-0000:00:1f.2")).interruptRemapping == true)
        #expect(try inspect(interrupts("IO-APIC")).interruptRemapping == false)
        #expect(try inspect(log("AMD-Vi: Interrupt remapping enabled")).interruptRemapping == true)
        #expect(try inspect(log("DMAR: IOMMU enabled")).interruptRemapping == false)
        #expect(try inspect(["/var/log/dmesg": "[ 99.0] the beginning is gone\n"]).interruptRemapping == nil)
        #expect(try inspect(commandLine("intremap=off")).interruptRemapping == false)
    }

    @Test func onlyTheLastBootOfASystemLogCounts() throws {
        let iommu = try inspect([
            "/var/log/kern.log": "host kernel: Linux version 6.1\nhost kernel: AMD-Vi: Interrupt remapping enabled\n"
                + "host kernel: Linux version 6.1\nhost kernel: nothing\n"
        ])
        #expect(iommu.interruptRemapping == false)
    }

    @Test func theACSOverrideIsSeenOnTheCommandLineOrInTheLog() throws {
        #expect(try inspect(commandLine("pcie_acs_override=downstream,multifunction")).acsOverride)
        #expect(
            try inspect(log("Warning: PCIe ACS overrides enabled; This may allow non-IOMMU protected DMA")).acsOverride)
        #expect(!(try inspect(commandLine("quiet")).acsOverride))
    }
}
