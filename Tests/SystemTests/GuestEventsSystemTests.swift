import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// What befalls a running guest, each thing brought about in a real one, and read at the controller.
@Suite struct GuestEventsSystemTests {
    @Test func whatBefallsAGuestArrivesAtTheController() async throws {
        // Made first: the namespaces of libvirtd see the mounts that are there when they are made.
        let small = try SmallFileSystem(bytes: 8 << 20)
        let site = try await OneHost()
        let guest = try await DisturbedGuest(site, small: small)

        try await guest.start()
        try await site.untilVMEvents(.vmGuestAgent, ["disconnected domain-started", "connected channel"])

        try await guest.virsh("blockpull", guest.name, "sda")
        try await site.untilVMEvents(.vmBlockJob, ["completed pull sda"])

        try small.fill(leaving: 1 << 20)
        try await guest.run("dd if=/dev/zero of=/dev/sdb bs=64k count=64 oflag=direct")
        try await site.untilVMEvents(.vmIOError, ["io-error pause: enospc \(guest.smallDiskAlias)"])
        try await site.agent.program.until("the VM is paused") { try await site.vm(guest.name)?.state == .paused }
        try small.drain()
        try await guest.virsh("resume", guest.name)

        try await guest.letTheWatchdogBite()
        try await site.untilVMEvents(.vmWatchdog, ["watchdog none"])

        try await guest.virsh("reset", guest.name)
        try await site.untilVMEvents(.vmReboot, ["reboot"])
        try await site.untilVMEvents(
            .vmGuestAgent, ["disconnected domain-started", "connected channel", "disconnected channel"])
        let lifecycle = try await site.vmEvents().map(\.words)
        #expect(lifecycle.suffix(2) == ["suspended ioerror", "resumed unpaused"], "\(lifecycle)")
        await site.close()
    }
}

/// A clone that has, by its administrator's hand, a second disk on a small file system and a watchdog as well.
private struct DisturbedGuest {
    let name = "office"
    let smallDiskAlias = "ua-small"
    private let uri: String
    private let site: OneHost

    init(_ site: OneHost, small: SmallFileSystem) async throws {
        self.site = site
        uri = site.libvirt.uri
        try await site.virtfleet(
            "vm", "clone", "tiny:1", name, "--host", "ada", "--profile", "tiny", "--no-start", "--wait")
        let disk = small.file("disk.raw")
        try Data().write(to: URL(filePath: disk))
        _ = try await Subprocess.run("truncate", ["--size", "16M", disk]).successful()
        try await attach(
            """
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw' error_policy='stop'/>
              <source file='\(disk)'/>
              <target dev='sdb' bus='scsi'/>
              <alias name='\(smallDiskAlias)'/>
            </disk>
            """, in: small)
        try await attach("<watchdog model='i6300esb' action='none'/>", in: small)
    }

    private func attach(_ device: String, in small: SmallFileSystem) async throws {
        let file = small.file("device.xml")
        try Data(device.utf8).write(to: URL(filePath: file))
        try await virsh("attach-device", name, file, "--config")
    }

    func start() async throws { try await site.virtfleet("vm", "start", name, "--wait") }

    func virsh(_ arguments: String...) async throws {
        _ = try await Subprocess.run("virsh", ["-c", uri] + arguments).successful()
    }

    /// Starts a shell command in the guest.
    func run(_ command: String) async throws {
        try await virsh(
            "qemu-agent-command", name,
            #"{"execute":"guest-exec","arguments":{"path":"/bin/sh","arg":["-c","\#(command)"]}}"#)
    }

    /// The guest's kernel has no driver for this watchdog (6300ESB, datasheet of Intel's 6300ESB I/O Controller Hub): a
    /// clock of 1 MHz in its configuration register and its enable bit make it run out after two seconds.
    func letTheWatchdogBite() async throws {
        try await run(
            """
            for device in /sys/bus/pci/devices/*; do \
            grep -q 0x25ab $device/device || continue; \
            printf '\\\\004\\\\000' | dd of=$device/config bs=2 seek=48 conv=notrunc; \
            printf '\\\\002' | dd of=$device/config bs=1 seek=104 conv=notrunc; \
            done
            """)
    }
}

extension OneHost {
    /// Waits until the host's events of a type are these, oldest first.
    fileprivate func untilVMEvents(_ type: EventType, _ expected: [String]) async throws {
        try await agent.program.until("\(type.rawValue) has come: \(expected)") {
            try await vmEvents(type).map(\.words) == expected
        }
    }
}

extension VMEvent {
    /// What libvirt said of it.
    fileprivate var words: String { [event, detail, device].compactMap { $0 }.joined(separator: " ") }
}
