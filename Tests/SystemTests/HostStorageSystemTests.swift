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
        let site = try await OneHost()
        let profile = share.file("physical.yaml")
        try Data(
            """
            memoryMiB: 256
            vcpus: 2
            topology: {sockets: 2, cores: 1}
            freeDiskMiB: 64
            guestAgentTimeoutSeconds: 150
            diskCache: none
            discardGranularityKiB: 32
            hostDisks: [{device: \(disk.path), snapshot: no}]
            shares: [{directory: \(share.path), tag: projects}]

            """.utf8
        ).write(to: URL(filePath: profile))
        try await site.virtfleet("profile", "apply", profile)
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
        _ = try await Subprocess.run("mkfs.ext4", ["-q", disk.path]).successful()
        let site = try await OneHost(profiles: ["physical": "hostDisks: [{device: \(disk.path)}]\n"])
        var mounted = try await mount(disk)
        let refused = try await site.controller.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "physical", "--wait")
        #expect(refused.status == 1 && refused.text.contains("the host itself uses \(disk.path)"), "\(refused.text)")
        try await unmount(mounted, disk)
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "physical", "--wait", "--no-start")

        // It is looked at again when the VM starts.
        mounted = try await mount(disk)
        let start = try await site.controller.virtfleet("vm", "start", "office", "--wait")
        #expect(start.status == 1 && start.text.contains("the host itself uses"), "\(start.text)")
        try await unmount(mounted, disk)
        await site.close()
    }

    /// Mounts a disk where nobody else's namespace can take a copy of the mount.
    private func mount(_ disk: LoopDevice) async throws -> ChildProcess {
        let script = "mount \(disk.path) /mnt && exec sleep infinity"
        let process = try ChildProcess(
            "/usr/bin/unshare", ["--mount", "--propagation", "private", "--", "/bin/sh", "-c", script], output: .discard
        )
        #expect(try await eventually { !disk.isFree })
        return process
    }

    private func unmount(_ process: ChildProcess, _ disk: LoopDevice) async throws {
        process.signal(SIGKILL)
        #expect(try await eventually { disk.isFree })
    }
}
