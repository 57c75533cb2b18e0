import FleetModel
import FleetTestSupport
import Testing

/// What befalls a running guest, each thing brought about in a real one, and read at the controller.
@Suite struct GuestEventsSystemTests {
    @Test func aBlockJob() async throws {
        let site = try await OneHost()
        let guest = try await site.savedGuest()
        let files = try TemporaryDirectory()
        try await guest.virsh(
            "blockcopy", SavedGuest.name, "sda", files.file("copy.qcow2"), "--transient-job", "--wait", "--pivot")
        try await site.untilVMEvents(.vmBlockJob, ["ready copy sda", "completed copy sda"])
        await site.close()
    }

    @Test func aDiskThatIsFull() async throws {
        // Made first: the namespaces of libvirtd see the mounts that are there when they are made.
        let small = try SmallFileSystem(bytes: 8 << 20)
        let site = try await OneHost()
        let guest = try await site.savedGuest(smallDisk: small.file("small.raw"))
        try small.fill(leaving: 1 << 20)
        // The kernel looks at disks side by side, so that any of them may be sda: it is known by its size alone.
        try await guest.shell.start(
            """
            for disk in /sys/block/sd*; do \
            [ $(cat $disk/size) = \(SavedGuest.smallDiskBytes / 512) ] || continue; \
            dd if=/dev/zero of=/dev/${disk##*/} bs=64k count=64 oflag=direct; \
            done
            """)
        try await site.untilVMEvents(.vmIOError, ["io-error pause: enospc \(SavedGuest.smallDiskAlias)"])
        try await site.agent.program.until("the VM is paused") {
            try await site.vm(SavedGuest.name)?.state == .paused
        }
        try small.drain()
        try await guest.virsh("resume", SavedGuest.name)
        try await site.agent.program.until("the VM runs again") {
            try await site.vmEvents().map(\.words).suffix(2) == ["suspended ioerror", "resumed unpaused"]
        }
        await site.close()
    }

    @Test func aWatchdogThatBites() async throws {
        let site = try await OneHost()
        let guest = try await site.savedGuest()
        // The guest's kernel has no driver for this watchdog (6300ESB, datasheet of Intel's 6300ESB I/O Controller Hub): a
        // clock of 1 MHz in its configuration register and its enable bit make it run out after two seconds.
        try await guest.shell.start(
            """
            for device in /sys/bus/pci/devices/*; do \
            grep -q 0x25ab $device/device || continue; \
            printf '\\004\\000' | dd of=$device/config bs=2 seek=48 conv=notrunc; \
            printf '\\002' | dd of=$device/config bs=1 seek=104 conv=notrunc; \
            done
            """)
        try await site.untilVMEvents(.vmWatchdog, ["watchdog none"])
        await site.close()
    }

    @Test func aRebootThatEndsTheGuestAgent() async throws {
        let site = try await OneHost()
        let guest = try await site.savedGuest()
        try await guest.virsh("reset", SavedGuest.name)
        try await site.untilVMEvents(.vmReboot, ["reboot"])
        try await site.agent.program.until("the guest agent has gone") {
            try await site.vmEvents(.vmGuestAgent).map(\.words).last == "disconnected channel"
        }
        await site.close()
    }
}

extension OneHost {
    /// A guest that the agent has seen run: from then on it hears what befalls it.
    fileprivate func savedGuest(smallDisk: String? = nil) async throws -> SavedGuest {
        let guest = try await SavedGuest(in: libvirt, smallDisk: smallDisk)
        try await agent.program.until("the VM runs") { try await vm(SavedGuest.name)?.state == .running }
        return guest
    }

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
