import FleetModel
import Testing

@testable import HostInspection

@Suite struct StorageInspectorTests {
    private func machine(type: String, source: String) throws -> FixtureMachine {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": "22 1 0:30 / / rw,noatime - \(type) \(source) rw,ssd\n",
            "/var/lib/virtfleet-agent/images/.keep": "",
        ])
        let nvme = "/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1"
        try machine.device(
            nvme, class: "block",
            [
                "dev": "259:0", "size": "1000215216", "queue/rotational": "0",
                "queue/discard_max_bytes": "2199023255040",
                "removable": "0", "device/model": "Samsung SSD 980 PRO 500GB              ",
            ])
        try machine.device(nvme + "/nvme0n1p2", class: "block", ["dev": "259:2", "size": "1"])
        let stick = "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host3/target3:0:0/3:0:0:0/block/sdb"
        try machine.device(
            stick, class: "block", ["removable": "1", "queue/rotational": "1", "queue/discard_max_bytes": "0"])
        try machine.device("/devices/virtual/block/dm-0", class: "block", ["dm/name": "root"])
        try machine.link("/sys/devices/virtual/block/dm-0/slaves/nvme0n1p2", to: "../x")
        for name in ["loop0", "zram0", "sr0", "md127", "nvme0c1n1"] {
            try machine.device("/devices/virtual/block/" + name, class: "block")
        }
        return machine
    }

    @Test func disksAreWhatIsNoPartOfOthers() throws {
        let disks = try machine(type: "btrfs", source: "/dev/mapper/root").storage().disks
        #expect(
            disks == [
                .init(
                    name: "nvme0n1", model: "Samsung SSD 980 PRO 500GB", sizeBytes: 1_000_215_216 * 512,
                    rotational: false, discard: true, removable: false, transport: .nvme,
                    functions: [try #require(PCIAddress("0000:01:00.0"))]),
                .init(
                    name: "sdb", model: nil, sizeBytes: nil, rotational: true, discard: false, removable: true,
                    transport: .usb, functions: [try #require(PCIAddress("0000:00:14.0"))]),
            ])
    }

    @Test func aFileSystemNamesTheDevicesBelowIt() throws {
        let machine = try machine(type: "btrfs", source: "/dev/mapper/root")
        let system = try #require(machine.storage().fileSystems.first)
        #expect(system.mountPoint == "/" && system.type == "btrfs" && system.source == "/dev/mapper/root")
        #expect(system.options == ["rw", "noatime"] && system.devices == ["/dev/nvme0n1p2"])
        #expect((system.capacityBytes ?? 0) > 0 && system.availableBytes == nil)
        #expect((machine.storage(momentary: true).fileSystems.first?.availableBytes ?? 0) > 0)
    }

    @Test(arguments: [("btrfs", true), ("bcachefs", true), ("ext4", false), ("zfs", nil), ("xfs", nil)])
    func someFileSystemsShareBlocks(type: String, reflink: Bool?) throws {
        #expect(try machine(type: type, source: "/dev/mapper/root").storage().fileSystems.map(\.reflink) == [reflink])
    }

    @Test func whatOnlyTheLiveMachineKnowsIsNamed() async throws {
        let machine = try machine(type: "xfs", source: "/dev/mapper/root")
        let inspection = await HostInspector().inspect(machine.subject)
        #expect(
            inspection.limitations.contains(
                .init(
                    fact: "whether the XFS file system on / can share blocks between copies",
                    needs: "run on the machine itself")))
    }

    @Test func poolsNameTheirFileSystem() throws {
        #expect(try machine(type: "ext4", source: "/dev/mapper/root").storage().pools.map(\.mountPoint) == [nil, "/"])
    }

    @Test func aFileSystemOtherThanXFSDoesNotAnswerForIt() {
        #expect(HostRoot("/").xfsSharesBlocks("/proc") == nil)
    }

    @Test(arguments: ["", "- - -", "1 2 3 4 5 6 7 - x", "22 1 0:30 / / rw", "\\ \\0 \\99 \\777 \\040 \\ - \\ \\ \\"])
    func garbageIsNoMount(text: String) throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": text, "/proc/mounts": text, "/sys/class/block/sda/dev": text,
            "/sys/class/block/sda/size": text, "/sys/class/block/sda/slaves/sda/x": text,
        ])
        #expect(machine.storage().fileSystems == [])
        #expect(machine.hostUses() == [])
    }
}
