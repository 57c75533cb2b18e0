import HostInspection
import Testing

@Suite struct StorageUsesTests {
    private func mounts(_ lines: (number: String, point: String, type: String, source: String)...) -> String {
        lines.map { "36 1 \($0.number) / \($0.point) rw,relatime shared:1 - \($0.type) \($0.source) rw\n" }.joined()
    }

    private func disk(
        _ name: String, _ number: String, at path: String, parts: [(name: String, number: String)] = [],
        in machine: FixtureMachine
    ) throws {
        try machine.device(path + "/" + name, class: "block", ["dev": number])
        for part in parts {
            try machine.device("\(path)/\(name)/\(part.name)", class: "block", ["dev": part.number, "partition": "1"])
        }
    }

    /// A device-mapper or RAID device on others.
    private func layer(
        _ name: String, _ number: String, on slaves: [String], mapper: String? = nil, in machine: FixtureMachine
    )
        throws
    {
        let path = "/devices/virtual/block/" + name
        try machine.device(path, class: "block", ["dev": number])
        if let mapper { try machine.write("/sys\(path)/dm/name", mapper + "\n") }
        for slave in slaves { try machine.link("/sys\(path)/slaves/\(slave)", to: "../../../../" + slave) }
    }

    @Test func aLaptopWithEncryptedVolumesOnNVMe() throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": mounts(
                ("254:1", "/", "ext4", "/dev/mapper/vg-root"), ("259:2", "/boot", "ext4", "/dev/nvme0n1p2"),
                ("259:1", "/boot/efi", "vfat", "/dev/nvme0n1p1"), ("0:5", "/proc", "proc", "proc")),
            "/proc/swaps":
                "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-2 partition\t8388604\t\t0\t\t-2\n",
        ])
        try disk(
            "nvme0n1", "259:0", at: "/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0",
            parts: [("nvme0n1p1", "259:1"), ("nvme0n1p2", "259:2"), ("nvme0n1p3", "259:3")], in: machine)
        try disk("sda", "8:0", at: "/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block", in: machine)
        try layer("dm-0", "254:0", on: ["nvme0n1p3"], mapper: "crypt", in: machine)
        try layer("dm-1", "254:1", on: ["dm-0"], mapper: "vg-root", in: machine)
        try layer("dm-2", "254:2", on: ["dm-0"], mapper: "vg-swap", in: machine)
        let images = "the images directory /var/lib/virtfleet-agent/images"
        #expect(
            machine.hostUses() == [
                "0000:01:00.0 root-file-system: / is on /dev/nvme0n1p3, through /dev/mapper/vg-root and /dev/mapper/crypt",
                "0000:01:00.0 boot: /boot is on /dev/nvme0n1p2",
                "0000:01:00.0 efi-system-partition: /boot/efi is on /dev/nvme0n1p1",
                "0000:01:00.0 swap: swap is on /dev/nvme0n1p3, through /dev/mapper/vg-swap and /dev/mapper/crypt",
                "0000:01:00.0 storage-pool: \(images) is on /dev/nvme0n1p3, through /dev/mapper/vg-root and /dev/mapper/crypt",
            ])
    }

    @Test func aServerOnMirroredDisks() throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": mounts(
                ("9:127", "/", "xfs", "/dev/md127"), ("259:6", "/boot", "ext4", "/dev/md126p1"))
        ])
        try disk(
            "sda", "8:0", at: "/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block",
            parts: [("sda1", "8:1"), ("sda2", "8:2")], in: machine)
        try disk(
            "sdb", "8:16", at: "/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/ata9/host8/target8:0:0/8:0:0:0/block",
            parts: [("sdb1", "8:17"), ("sdb2", "8:18")], in: machine)
        try layer("md127", "9:127", on: ["sda1", "sdb1"], in: machine)
        try layer("md126", "9:126", on: ["sda2", "sdb2"], in: machine)
        try machine.device("/devices/virtual/block/md126/md126p1", class: "block", ["dev": "259:6"])
        #expect(
            machine.hostUses(images: "/").filter { !$0.contains("storage-pool") } == [
                "0000:00:17.0 root-file-system: / is on /dev/sda1, through /dev/md127",
                "0000:00:17.0 boot: /boot is on /dev/sda2, through /dev/md126p1",
                "0000:02:00.0 root-file-system: / is on /dev/sdb1, through /dev/md127",
                "0000:02:00.0 boot: /boot is on /dev/sdb2, through /dev/md126p1",
            ])
    }

    @Test func btrfsOnTwoDisksUsesBoth() throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": mounts(("0:30", "/", "btrfs", "/dev/nvme0n1p2")),
            "/sys/fs/btrfs/0e5d/devices/nvme0n1p2/x": "", "/sys/fs/btrfs/0e5d/devices/nvme1n1/x": "",
            "/sys/fs/btrfs/ffff/devices/sda/x": "", "/sys/fs/btrfs/features/x": "",
        ])
        for (index, function) in ["0000:01:00.0", "0000:02:00.0"].enumerated() {
            try disk(
                "nvme\(index)n1", "259:\(index)",
                at: "/devices/pci0000:00/0000:00:1d.\(index)/\(function)/nvme/nvme\(index)",
                parts: [("nvme\(index)n1p2", "259:\(index)2")], in: machine)
        }
        #expect(
            machine.hostUses(images: "/").filter { $0.contains("root-file-system") } == [
                "0000:01:00.0 root-file-system: / is on /dev/nvme0n1p2",
                "0000:02:00.0 root-file-system: / is on /dev/nvme1n1",
            ])
    }

    @Test func everyPathToANamespaceCounts() throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": mounts(("259:2", "/", "ext4", "/dev/nvme0n1p2"))
        ])
        try disk(
            "nvme0n1", "259:0", at: "/devices/virtual/nvme-subsystem/nvme-subsys0", parts: [("nvme0n1p2", "259:2")],
            in: machine)
        for (controller, function) in [("nvme0", "0000:41:00.0"), ("nvme3", "0000:42:00.0")] {
            let path = "/devices/pci0000:40/\(function)/nvme/\(controller)"
            try machine.device(path, class: "nvme")
            try machine.link("/sys/class/nvme-subsystem/nvme-subsys0/" + controller, to: "../../.." + path)
        }
        #expect(
            machine.hostUses(images: "/").filter { $0.contains("root-file-system") } == [
                "0000:41:00.0 root-file-system: / is on /dev/nvme0n1p2",
                "0000:42:00.0 root-file-system: / is on /dev/nvme0n1p2",
            ])
    }

    @Test func aControllerWithARootBusOfItsOwnGoesWithItsDisk() throws {
        let machine = try FixtureMachine(["/proc/self/mountinfo": mounts(("259:2", "/", "ext4", "/dev/nvme0n1p2"))])
        try disk(
            "nvme0n1", "259:0",
            at: "/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0",
            parts: [("nvme0n1p2", "259:2")], in: machine)
        #expect(
            machine.hostUses(images: "/").filter { $0.contains("root-file-system") } == [
                "0000:00:0e.0 root-file-system: / is on /dev/nvme0n1p2",
                "10000:e1:00.0 root-file-system: / is on /dev/nvme0n1p2",
            ])
    }

    @Test func swapFilesLoopDevicesAndLinkedDirectoriesAreFollowed() throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo": mounts(
                ("8:1", "/", "ext4", "/dev/sda1"), ("8:17", "/data", "xfs", "/dev/sdb1"),
                ("7:0", "/boot", "ext4", "/dev/loop0")),
            "/proc/swaps": "Filename Type Size Used Priority\n/data/swap\\040file file 1024 0 -2\n",
        ])
        for (name, number, slot) in [("sda", "8:0", "17"), ("sdb", "8:16", "18")] {
            try disk(
                name, number, at: "/devices/pci0000:00/0000:00:\(slot).0/ata1/host0/target0:0:0/0:0:0:0/block",
                parts: [(name + "1", number == "8:0" ? "8:1" : "8:17")], in: machine)
        }
        try layer("loop0", "7:0", on: [], in: machine)
        try machine.write("/sys/devices/virtual/block/loop0/loop/backing_file", "/data/boot.img\n")
        try machine.link("/srv/images", to: "../data/images")
        let pool = StorageDocument.Pool(name: "default", active: true, capacityBytes: 1, path: "/srv/images")
        #expect(
            machine.hostUses(images: "/srv/images", pools: [pool]) == [
                "0000:00:17.0 root-file-system: / is on /dev/sda1",
                "0000:00:18.0 boot: /boot is on /dev/sdb1, through /dev/loop0",
                "0000:00:18.0 swap: the swap file /data/swap file is on /dev/sdb1",
                "0000:00:18.0 storage-pool: the images directory /srv/images is on /dev/sdb1",
                "0000:00:18.0 storage-pool: the storage pool default (/srv/images) is on /dev/sdb1",
            ])
    }

    @Test func anOverlaidRootUsesWhatIsBelowIt() throws {
        let machine = try FixtureMachine([
            "/proc/self/mountinfo":
                "21 1 0:30 / / ro - overlay composefs ro,lowerdir=/run/x::/sysroot/ostree,upperdir=/up\n"
                + mounts(("8:1", "/sysroot", "ext4", "/dev/sda1"))
        ])
        try disk(
            "sda", "8:0", at: "/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block",
            parts: [("sda1", "8:1")], in: machine)
        #expect(
            machine.hostUses(images: "/sysroot").contains("0000:00:17.0 root-file-system: / is on /dev/sda1"))
    }

    @Test func anyDiskMayBeAMemberOfAZFSPool() throws {
        let machine = try FixtureMachine(["/proc/self/mountinfo": mounts(("0:30", "/", "zfs", "rpool/ROOT/pve-1"))])
        try disk(
            "nvme0n1", "259:0", at: "/devices/pci0000:00/0000:01:00.0/nvme/nvme0", parts: [("nvme0n1p3", "259:3")],
            in: machine)
        #expect(
            machine.hostUses(images: "/").first
                == "0000:01:00.0 root-file-system: / may be on /dev/nvme0n1, through the ZFS pool of rpool/ROOT/pve-1")
    }

    /// A copy without symbolic links, made with `cp -rL` or by hand.
    @Test func plainDirectoriesAreEnough() throws {
        let machine = try FixtureMachine([
            "/proc/mounts": "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n/dev/vda1 /boot ext4 rw 0 0\n",
            "/sys/block/nvme0n1/nvme0n1p2/dev": "259:2\n", "/sys/block/nvme0n1/dev": "259:0\n",
            "/sys/class/nvme/nvme0/address": "0000:01:00.0\n",
            "/sys/class/block/vda/dev": "252:0\n", "/sys/class/block/vda1/dev": "252:1\n",
            "/sys/class/block/vda/device/uevent": "DRIVER=virtio_blk\nPCI_SLOT_NAME=0000:00:04.0\n",
        ])
        #expect(
            machine.hostUses(images: "/boot").filter { !$0.contains("storage-pool") } == [
                "0000:00:04.0 boot: /boot is on /dev/vda1",
                "0000:01:00.0 root-file-system: / is on /dev/nvme0n1p2",
            ])
    }

    @Test func devicesThatStandOnEachOtherInACircleEnd() throws {
        let machine = try FixtureMachine(["/proc/self/mountinfo": mounts(("254:0", "/", "ext4", "/dev/dm-0"))])
        try layer("dm-0", "254:0", on: ["dm-1"], in: machine)
        try layer("dm-1", "254:1", on: ["dm-0"], in: machine)
        #expect(machine.hostUses(images: "/") == [])
    }
}
