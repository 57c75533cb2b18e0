import FleetModel
import Testing

@testable import HostInspection

/// A laptop on which everything is known and all is well: two GPUs, one of them free, and a bridge.
enum FullInspection {
    static func make() async throws -> Inspection {
        let machine = try FixtureMachine([:])
        var inspection = await HostInspector().inspect(machine.subject)
        inspection.cpu.vendor = "GenuineIntel"
        inspection.cpu.threads = 16
        inspection.cpu.virtualisation = "vmx"
        inspection.cpu.nestedPaging = true
        inspection.cpu.kvm = .works
        inspection.memory.totalBytes = 65_250_000 << 10
        inspection.memory.hugePages = [.init(sizeBytes: 2 << 20, count: 0), .init(sizeBytes: 1 << 30, count: 0)]
        inspection.memory.lockLimit = .init(softBytes: 8 << 20, hardBytes: 8 << 20)
        try fillDevices(&inspection)
        fillStorage(&inspection)
        fillNetwork(&inspection)
        fillSoftware(&inspection)
        inspection.laptop.temperatures = [.init(sensor: "coretemp Package id 0", value: 51, critical: 100)]
        inspection.laptop.throttling = .init(core: 0, package: 0)
        return inspection
    }

    private static func fillDevices(_ inspection: inout Inspection) throws {
        let display = GPU(role: .hostDisplay, reason: "The firmware showed its picture here.")
        let free = GPU(role: .candidate, reason: "The host does not show its picture here.")
        inspection.pci = [
            try ReadinessFixture.device("0000:00:02.0", "0300", id: "8086:3e9b", .never, gpu: display),
            try ReadinessFixture.device("0000:01:00.0", "0300", .passWithCompanions, gpu: free),
            try ReadinessFixture.device("0000:01:00.1", "0403", id: "10de:10f0", .passWithCompanions),
        ]
        inspection.iommu.status = .enabled
        inspection.iommu.reason = "The kernel has made groups."
        inspection.iommu.interruptRemapping = true
        inspection.iommu.groups = [
            .init(id: 0, devices: [inspection.pci[0].address], viable: false),
            .init(id: 1, devices: inspection.pci[1...].map(\.address), viable: true),
        ]
    }

    private static func fillStorage(_ inspection: inout Inspection) {
        inspection.storage.images.mountPoint = "/"
        inspection.storage.fileSystems = [
            .init(
                mountPoint: "/", type: "btrfs", source: "/dev/nvme0n1p2", options: [], devices: ["/dev/nvme0n1p2"],
                reflink: true, capacityBytes: 1 << 40, availableBytes: 500 << 30)
        ]
    }

    private static func fillNetwork(_ inspection: inout Inspection) {
        inspection.network.interfaces = [
            .init(name: "br-plc", kind: .bridge, isPhysical: false),
            .init(name: "enp3s0", kind: .ethernet, isPhysical: true, master: "br-plc"),
            .init(name: "wlp2s0", kind: .wifi, isPhysical: true),
        ]
    }

    private static func fillSoftware(_ inspection: inout Inspection) {
        inspection.software.kernel = "6.1.0-22-amd64"
        inspection.software.modules = [
            .init(name: "vfio_pci", state: .available), .init(name: "vfio_virqfd", state: .missing),
        ]
        inspection.software.components.qemu = .init(version: "7.2", source: "package qemu-system-x86")
        inspection.software.components.libvirt = .init(version: "9.0.0", source: "package libvirt-daemon")
        inspection.software.components.swtpm = .init(version: "0.7.1", source: "package swtpm")
        inspection.software.firmware = [
            .init(code: "/ms.fd", variables: "/vars.ms.fd", secureBoot: true, enrolledKeys: true, present: true),
            .init(code: "/plain.fd", variables: "/vars.fd", secureBoot: false, enrolledKeys: false, present: true),
        ]
        inspection.software.protection = .init(driver: .apparmor, mode: .enforcing, profiles: true, confines: true)
        inspection.software.clock.service = "chrony"
        inspection.software.clock.synchronised = true
        inspection.software.clock.source = "tsc"
    }
}
