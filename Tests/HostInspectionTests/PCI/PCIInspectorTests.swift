import FleetModel
import Testing

@testable import HostInspection

/// The facts of each function, from trees as machines have them.
@Suite struct PCIInspectorTests {
    private let gpu = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
    private let machine: FixtureMachine

    init() throws {
        let port = "/sys/devices/pci0000:00/0000:00:01.0"
        machine = try FixtureMachine([
            "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
            port + "/class": "0x060400\n", port + "/vendor": "0x8086\n", port + "/device": "0x1901\n",
            gpu + "/class": "0x030000\n", gpu + "/vendor": "0x10de\n", gpu + "/device": "0x1c82\n",
            gpu + "/subsystem_vendor": "0x1462\n", gpu + "/subsystem_device": "0x8c97\n", gpu + "/revision": "0xa1\n",
            gpu + "/modalias": "pci:v000010DEd00001C82sv00001462sd00008C97bc03sc00i00\n", gpu + "/numa_node": "-1\n",
            gpu + "/current_link_speed": "2.5 GT/s PCIe\n", gpu + "/current_link_width": "8\n",
            gpu + "/max_link_speed": "8.0 GT/s PCIe\n", gpu + "/max_link_width": "16\n",
            gpu + "/reset_method": "pm bus\n", gpu + "/boot_vga": "0\n",
            gpu + "/resource": "0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200\n"
                + "0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n0x0 0x0 0x0\n",
            gpu + "/drm/card1/card1-HDMI-A-1/status": "connected\n",
            gpu + "/drm/card1/card1-DP-1/status": "disconnected\n",
            gpu + "/drm/card1/card1-Writeback-1/status": "unknown\n", gpu + "/drm/renderD128/dev": "226:128\n",
            "/lib/modules/6.1.0-18-amd64/modules.alias": """
            # Aliases extracted from modules themselves.
            alias pci:v00008086d00001521sv*sd*bc*sc*i* igb
            alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau
            alias pci:v000010DEd00001C82sv*sd*bc*sc*i* nvidia
            alias pci:v000010DEd00001C82sv00001043sd*bc*sc*i* other_board
            alias usb:v10DEp1C82 no
            alias pci:broken nothing

            """,
            "/usr/share/misc/pci.ids": "# comment\n10de  NVIDIA Corporation\n\t1c82  GP107 [GeForce GTX 1050 Ti]\n",
        ])
        for place in ["0000:00:01.0", "0000:00:01.0/0000:01:00.0"] {
            let address = String(place.suffix(12))
            try machine.link("/sys/bus/pci/devices/\(address)", to: "../../../devices/pci0000:00/\(place)")
        }
        try machine.link(gpu + "/driver", to: "../../../../bus/pci/drivers/nouveau")
        try machine.link(gpu + "/iommu_group", to: "../../../../kernel/iommu_groups/1")
    }

    private func inspect(momentary: Bool = false) -> (devices: [PCIDevice], limitations: [Inspection.Limitation]) {
        var subject = machine.subject
        subject.includesMomentary = momentary
        var limitations: [Inspection.Limitation] = []
        let groups = GroupReader(root: subject.root).groups()
        let inspector = PCIInspector()
        return (inspector.inspect(subject, groups: groups, limitations: &limitations), limitations)
    }

    @Test func aFunctionIsDescribed() throws {
        let card = try #require(inspect().devices.last)
        #expect(card.address.description == "0000:01:00.0" && card.deviceClass?.description == "0300")
        #expect(card.vendor == "10de" && card.device == "1c82" && card.revision == "a1")
        #expect(card.subsystemVendor == "1462" && card.subsystemDevice == "8c97")
        #expect(card.vendorName == "NVIDIA Corporation" && card.deviceName == "GP107 [GeForce GTX 1050 Ti]")
        #expect(card.driver == "nouveau" && card.driverAlternatives == ["nouveau", "nvidia"])
        #expect(card.iommuGroup == 1 && card.numaNode == nil && card.resetMethods == ["pm", "bus"])
        #expect(card.parent?.description == "0000:00:01.0" && card.portPath == "0000:00/01.0/00.0")
        #expect(card.link == .init(maximumSpeed: 8, maximumWidth: 16))
        #expect(card.gpu?.connectors?.map(\.name) == ["DP-1", "HDMI-A-1"])
        #expect(card.gpu?.connectors?.contains { $0.connected != nil } == false)
    }

    @Test func whatChangesByItselfIsToldOnlyWhenAskedFor() throws {
        let card = try #require(inspect(momentary: true).devices.last)
        #expect(card.link == .init(speed: 2.5, width: 8, maximumSpeed: 8, maximumWidth: 16))
        #expect(card.gpu?.connectors?.map(\.connected) == [false, true])
    }

    @Test func theBootFramebufferIsFoundInAMemoryRange() throws {
        #expect(inspect().devices.last?.bootFramebuffer == nil)
        for mark in ["BOOTFB", "efifb", "simple-framebuffer.0", "simpledrm"] {
            try machine.write("/proc/iomem", "e0000000-efffffff : 0000:01:00.0\n  e0000000-e07e8fff : \(mark)\n")
            #expect(inspect().devices.last?.bootFramebuffer == true)
            #expect(inspect().devices.last?.gpu?.role == .hostDisplay)
        }
        try machine.write("/proc/iomem", "a0000000-a07e8fff : BOOTFB\n")
        #expect(inspect().devices.last?.bootFramebuffer == false && inspect().limitations.isEmpty)
    }

    @Test func withoutRootTheFramebufferIsUnknownAndThatIsSaid() throws {
        try machine.write("/proc/iomem", "00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : BOOTFB\n")
        let seen = inspect()
        #expect(seen.devices.last?.bootFramebuffer == nil)
        #expect(seen.limitations.contains { $0.fact == "the boot framebuffer's card" && $0.needs == "run as root" })
    }

    @Test func withoutRootThePortsIsolationIsUnknownAndThatIsSaid() throws {
        let config = "/sys/devices/pci0000:00/0000:00:01.0/config"
        try machine.write(config, [UInt8](repeating: 0, count: 64))
        let seen = inspect()
        #expect(seen.devices.first?.acs == nil)
        #expect(seen.limitations == [.init(fact: "which ports isolate (ACS)", needs: "run as root")])
        try machine.write(config, [UInt8](repeating: 0, count: 4096))
        #expect(inspect().devices.first?.acs?.capable == false && inspect().limitations.isEmpty)
    }

    @Test func virtualFunctionsAndMediatedTypesAreTold() throws {
        let share = MediatedDeviceID.random()
        try machine.write(gpu + "/sriov_totalvfs", "7\n")
        try machine.write(gpu + "/sriov_numvfs", "2\n")
        try machine.write(gpu + "/sriov_vf_device", "1520\n")
        try machine.write(gpu + "/sriov_drivers_autoprobe", "0\n")
        try machine.write(gpu + "/mdev_supported_types/i915-GVTg_V5_4/name", "GVTg_V5_4\n")
        try machine.write(gpu + "/mdev_supported_types/i915-GVTg_V5_4/available_instances", "3\n")
        try machine.write(gpu + "/mdev_supported_types/i915-GVTg_V5_4/device_api", "vfio-pci\n")
        try machine.link(gpu + "/mdev_supported_types/i915-GVTg_V5_4/devices/\(share)", to: "../../../\(share)")
        try machine.link(gpu + "/mdev_supported_types/i915-GVTg_V5_4/devices/odd", to: "../../../odd")
        try machine.write(gpu + "/nvidia/creatable_vgpu_types", "ID    : vGPU Name\n558   : NVIDIA A16-2Q\n")
        try machine.write(gpu + "/nvidia/current_vgpu_type", "0\n")
        try machine.link("/sys/devices/pci0000:00/0000:00:01.0/physfn", to: "../0000:00:02.0")
        let devices = inspect().devices
        let card = try #require(devices.last)
        #expect(card.sriov == .init(total: 7, current: 2, virtualDevice: "1520", driversAutoprobe: false))
        #expect(
            card.mediatedTypes == [
                .init(
                    id: "i915-GVTg_V5_4", name: "GVTg_V5_4", available: 3, deviceAPI: "vfio-pci", devices: [share])
            ])
        #expect(card.virtualGPU == .init(creatableTypes: [.init(id: "558", name: "NVIDIA A16-2Q")]))
        #expect(devices.first?.physicalFunction?.description == "0000:00:02.0")
    }

    @Test func garbageIsAbsent() throws {
        for file in [
            "class", "vendor", "device", "revision", "subsystem_vendor", "numa_node", "max_link_speed",
            "max_link_width",
            "sriov_totalvfs", "boot_vga", "resource", "modalias",
        ] { try machine.write("\(gpu)/\(file)", "99999999999999999999 \u{1F600} GT/s -1\n") }
        try machine.write("/proc/iomem", "zz-1 : BOOTFB\nffffffffffffffffff-0 : BOOTFB\n5-4 : efifb\n : \n")
        let card = try #require(inspect().devices.last)
        #expect(card.deviceClass == nil && card.vendor == nil && card.numaNode == nil && card.sriov == nil)
        #expect(card.link?.maximumWidth == nil && card.driverAlternatives.isEmpty && card.bootVGA == nil)
    }

    @Test func aVirtualRootBusEndsThePath() throws {
        try machine.link(
            "/sys/bus/pci/devices/10000:e1:00.0",
            to: "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0")
        let device = try #require(inspect().devices.last)
        #expect(device.parent?.description == "10000:e0:06.0" && device.portPath == "10000:e0/06.0/00.0")
    }
}
