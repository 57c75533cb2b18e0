import FleetRuntime
import Placement

/// One thing a profile may ask for, and what keeps the machine from offering it.
struct FitRequirement: Sendable {
    let obstacle: @Sendable (ProfileNeeds, ReadinessFacts) -> ProfileFit.Obstacle?

    /// In the order of the effort that mending takes: a package, a command, tidying up, a restart, other hardware.
    static let all: [FitRequirement] = [qemu, libvirt, tpm, firmware, bridge, diskSpace, kvm, memory, processors]

    private static let qemu = FitRequirement { _, facts in
        guard facts.software.components.qemu == nil else { return nil }
        guard facts.showsPrograms else { return .unseen("Whether QEMU is installed cannot be seen.") }
        return .missing(
            "QEMU is not installed.", fix: "Install qemu-system-x86 (Debian) or qemu-system-x86-core (Fedora).")
    }

    private static let libvirt = FitRequirement { _, facts in
        guard facts.software.components.libvirt == nil else { return nil }
        guard facts.showsPrograms else { return .unseen("Whether libvirt is installed cannot be seen.") }
        return .missing(
            "libvirt is not installed.", fix: "Install libvirt-daemon-system (Debian) or libvirt-daemon-kvm (Fedora).")
    }

    private static let tpm = FitRequirement { needs, facts in
        guard needs.tpm, facts.software.components.swtpm == nil else { return nil }
        guard facts.showsPrograms else { return .unseen("Whether swtpm is installed cannot be seen.", .tpm) }
        return .missing("It has a TPM, and swtpm is not installed.", fix: Check.tpmFix, .tpm)
    }

    private static let firmware = FitRequirement { needs, facts in
        let usable = facts.software.firmware.filter { needs.secureBoot ? $0.enforcesSecureBoot : $0.isUsable }
        guard !needs.ownFirmware, usable.isEmpty else { return nil }
        guard facts.showsPrograms else {
            return .unseen("Whether there is UEFI firmware for it cannot be seen.", .secureBootFirmware)
        }
        let kind = needs.secureBoot ? "with Secure Boot and Microsoft's keys" : "for VMs"
        return .missing("There is no UEFI firmware \(kind).", fix: Check.firmwareFix, .secureBootFirmware)
    }

    private static let bridge = FitRequirement { needs, facts in
        let interfaces = facts.network.interfaces
        let missing = needs.bridges.first { name in !interfaces.contains { $0.name == name && $0.kind == .bridge } }
        guard let name = missing else { return nil }
        guard !interfaces.isEmpty else {
            return .unseen("Whether there is a bridge \(name) cannot be seen.", .bridge)
        }
        let interface = interfaces.first { $0.name == name }
        let seen = interface == nil ? "which this machine does not have" : "which here is no bridge"
        return .missing(
            "A network card of it hangs on bridge \(name), \(seen).", fix: Check.bridgeFix(name), .bridge)
    }

    private static let diskSpace = FitRequirement { needs, facts in
        guard let fileSystem = facts.imagesFileSystem, let free = fileSystem.availableBytes else {
            return .unseen("How much is free for \(facts.storage.images.path) cannot be seen.", .diskSpace)
        }
        guard needs.freeDiskBytes > free else { return nil }
        return .missing(
            "It wants \(HumanText.bytes(needs.freeDiskBytes)) free beside its image, and \(fileSystem.mountPoint) has less"
                + (facts.quotesMomentary ? ": \(HumanText.bytes(free))." : "."), fix: Check.diskSpaceFix, .diskSpace)
    }

    private static let kvm = FitRequirement { _, facts in
        switch facts.cpu.kvm {
        case .works: nil
        case nil: .unseen("Whether /dev/kvm works cannot be seen.", .kvm)
        case .missing, .denied, .broken:
            .missing("Without a working /dev/kvm it would be emulated.", fix: Check.kvmFix(facts.cpu), .kvm)
        }
    }

    private static let memory = FitRequirement { needs, facts in
        guard let memory = HostMemory(facts.memory) else {
            return .unseen("How much memory the machine has cannot be seen.")
        }
        guard needs.memoryBytes > memory.availableBytes else { return nil }
        return .missing(
            "It takes \(HumanText.bytes(needs.memoryBytes)) of memory; \(memory).",
            fix: memory.fix(for: needs.memoryBytes))
    }

    private static let processors = FitRequirement { needs, facts in
        guard let threads = facts.cpu.threads else {
            return .unseen("How many processors the machine has cannot be seen.")
        }
        guard needs.vcpus > threads else { return nil }
        return .missing(
            "It has \(needs.vcpus) virtual processors, and this machine runs \(threads) threads at a time.",
            fix: "Give the profile at most \(threads) virtual processors (vcpus).")
    }
}

extension ProfileFit.Obstacle {
    /// The section about fit itself, for what no check is about.
    private static let documentation = "docs/readiness.md#which-profiles-fit"

    fileprivate static func missing(_ reason: String, fix: String?, _ check: Check? = nil) -> Self {
        Self(unseen: false, reason: reason, fix: fix, documentation: check?.documentation ?? documentation)
    }

    fileprivate static func unseen(_ reason: String, _ check: Check? = nil) -> Self {
        Self(unseen: true, reason: reason, fix: nil, documentation: check?.documentation ?? documentation)
    }
}
