import FleetModel
import Testing

@testable import HostInspection

/// Trees that somebody put together by hand: plain directories with little in them.
@Suite struct ThinTreeTests {
    /// A root port with a graphics card below it, in the spellings that people use.
    private func machine() throws -> FixtureMachine {
        let machine = try FixtureMachine([:])
        for (address, kind, vendor, device) in [
            ("0000:00:01.0", "0x060400\n", "0x8086", "0x1901"), ("0000:01:00.0", "0x030000", "0x10DE", "0x1C82\n"),
            ("0000:01:00.1", "0x040300", "0x10de\n", "0x0fb9"),
        ] {
            let directory = "/sys/bus/pci/devices/\(address)"
            try machine.write(directory + "/class", kind)
            try machine.write(directory + "/vendor", vendor)
            try machine.write(directory + "/device", device)
        }
        return machine
    }

    private let members = ["0000:00:01.0", "0000:01:00.0", "0000:01:00.1"]

    enum Membership: CaseIterable { case files, directories, links, linksOfDevices }

    @Test(arguments: Membership.allCases)
    func groupsAreReadInWhicheverFormTheyStand(_ membership: Membership) async throws {
        let machine = try machine()
        for member in members {
            let entry = "/sys/kernel/iommu_groups/7/devices/\(member)"
            switch membership {
            case .files: try machine.write(entry, "")
            case .directories: try machine.write(entry + "/.keep", "")
            case .links: try machine.link(entry, to: "../../../../bus/pci/devices/" + member)
            case .linksOfDevices:
                let link = "/sys/bus/pci/devices/\(member)/iommu_group"
                try machine.link(link, to: "../../../../kernel/iommu_groups/7")
            }
        }
        try machine.link("/sys/bus/pci/devices/0000:01:00.0/driver", to: "../nowhere/nouveau")
        let inspection = await machine.inspection()
        #expect(inspection.iommu.status == .enabled)
        #expect(inspection.iommu.groups.map(\.id) == [7] && inspection.iommu.groups.first?.viable == false)
        #expect(
            inspection.pci.map(\.verdict) == ["never", "pass-with-companions 01:00.1", "pass-with-companions 01:00.0"])
        let card = try #require(inspection.pci.first { $0.driver == "nouveau" })
        #expect(card.vendor == "10de" && card.device == "1c82" && card.deviceClass?.description == "0300")
    }

    @Test func withoutGroupsNothingIsGivenAway() async throws {
        let inspection = try await machine().inspection()
        #expect(inspection.iommu.status == .unknown && inspection.iommu.groups.isEmpty)
        #expect(inspection.pci.map(\.verdict) == ["never", "blocked", "blocked"])
        let unseen = Set(inspection.limitations.map(\.fact))
        #expect(
            unseen.isSuperset(of: [
                "the disks that the host lives on", "the network cards that the host needs",
                "the keyboards' controllers",
            ]))
    }

    @Test func oddNamesOfGroupsAreNone() throws {
        let machine = try FixtureMachine([
            "/sys/kernel/iommu_groups/1/devices/0000:01:00.0": "",
            "/sys/kernel/iommu_groups/01/devices/0000:01:00.0": "",
            "/sys/kernel/iommu_groups/-2/devices/0000:01:00.0": "", "/sys/kernel/iommu_groups/3/devices/x": "",
            "/sys/kernel/iommu_groups/99999999999999999999/devices/0000:01:00.0": "", "/sys/kernel/iommu_groups/4": "",
        ])
        #expect(GroupReader(root: machine.root).groups().map(\.id) == [1])
    }

    @Test func garbageInEveryFileIsSurvived() async throws {
        let garbage = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 >> 3) }
        let machine = try machine()
        for path in [
            "cpuinfo", "meminfo", "cmdline", "iomem", "interrupts", "modules", "swaps", "version", "mounts",
            "self/mountinfo", "self/limits", "net/route", "net/ipv6_route", "bus/input/devices", "config.gz",
        ].map({ "/proc/" + $0 }) + ["/etc/os-release", "/etc/group", "/var/log/dmesg", "/var/lib/dpkg/status"] {
            try machine.write(path, garbage)
        }
        for member in members { try machine.write("/sys/bus/pci/devices/\(member)/config", garbage) }
        #expect(await machine.inspection().pci.count == 3)
    }

    /// One long word, which once was copied for each of its letters.
    @Test func aCommandLineOfOneWordIsOneArgument() {
        let line = KernelCommandLine(String(repeating: "a", count: 1 << 18))
        #expect(line.arguments.count == 1 && line.arguments.first?.name.utf8.count == 1 << 18)
        #expect(KernelCommandLine(#"a="b c" "" d"#).arguments.map(\.name) == ["a", "", "d"])
    }
}
