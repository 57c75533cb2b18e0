import FleetModel
import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

/// A guest that boots with a disk and a directory of its host's.
@Suite struct HostStorageSystemTests {
    @Test func aGuestHasADiskAndADirectoryOfItsHost() async throws {
        let disk = try await LoopDevice(bytes: 8 << 20, named: "vf-physical")
        let share = try TemporaryDirectory()
        let site = try await OneHost(profiles: [
            "physical": """
            guestAgentTimeoutSeconds: 150
            topology: {sockets: 2, cores: 1}
            diskCache: none
            discardGranularityKiB: 32
            hostDisks: [{device: \(disk.path), snapshot: no}]
            shares: [{directory: \(share.path), tag: projects}]

            """
        ])
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "physical", "--wait")
        let guest = GuestShell(uri: site.libvirt.uri, name: "office")
        // The kernel looks at disks side by side: the physical one is the one of 8 MiB.
        let granularities = try await guest.output("cat /sys/block/sd*/queue/discard_granularity")
        #expect(granularities.split(separator: "\n") == ["32768", "32768"])
        #expect(try await guest.output("cat /sys/devices/system/cpu/cpu*/topology/physical_package_id") == "0\n1\n")
        _ = try await guest.output(
            """
            for name in /sys/block/sd*; do [ $(cat $name/size) = 16384 ] && disk=/dev/${name##*/}; done; \
            printf written | dd of=$disk conv=notrunc,fsync
            """)
        #expect(try Data(contentsOf: URL(filePath: disk.file)).prefix(7) == Data("written".utf8))
        _ = try await guest.output("mount -t virtiofs projects /data && echo answer >/data/reply && umount /data")
        #expect(try String(contentsOfFile: share.file("reply"), encoding: .utf8) == "answer\n")

        let other = try await site.controller.virtfleet(
            "vm", "clone", "tiny:1", "second", "--host", "ada", "--profile", "physical", "--wait")
        #expect(
            other.status == 1 && other.text.contains("VM office runs with the disk \(disk.path)"),
            "\(other.text)")
        #expect(try await site.vm("office")?.drift ?? [] == [])
        await site.close()
    }

    /// A file system of the host's on it, and it is nobody's disk.
    @Test func aDiskThatTheHostUsesIsNoVMs() async throws {
        let disk = try await LoopDevice(bytes: 16 << 20, named: "vf-mounted")
        let mountPoint = try TemporaryDirectory()
        _ = try await Subprocess.run("mkfs.ext4", ["-q", disk.path]).successful()
        let site = try await OneHost(profiles: ["physical": "hostDisks: [{device: \(disk.path)}]\n"])
        _ = try await Subprocess.run("mount", [disk.path, mountPoint.path]).successful()
        let refused = try await site.controller.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "physical", "--wait")
        #expect(refused.status == 1 && refused.text.contains("the host itself uses \(disk.path)"), "\(refused.text)")
        _ = try await Subprocess.run("umount", [mountPoint.path]).successful()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "physical", "--wait", "--no-start")

        // It is looked at again when the VM starts.
        _ = try await Subprocess.run("mount", [disk.path, mountPoint.path]).successful()
        let start = try await site.controller.virtfleet("vm", "start", "office", "--wait")
        #expect(start.status == 1 && start.text.contains("disk-in-use"), "\(start.text)")
        _ = try await Subprocess.run("umount", [mountPoint.path]).successful()
        await site.close()
    }
}
