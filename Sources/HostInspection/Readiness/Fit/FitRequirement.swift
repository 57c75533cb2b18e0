import FleetModel
import FleetRuntime
import Placement

/// One thing a profile may ask for, and what keeps the machine from offering it.
struct FitRequirement: Sendable {
    let obstacle: @Sendable (ProfileNeeds, ReadinessFacts) -> ProfileFit.Obstacle?

    /// In the order of the effort that mending takes: a package, a command, tidying up, a restart, other hardware.
    static let all = [
        equipment(.qemu), equipment(.libvirt), equipment(.tpm, .tpm), equipment(.virtiofsd), equipment(.xorriso),
        equipment(.firmware, .secureBootFirmware), equipment(.network), equipment(.bridge, .bridge),
        equipment(.interface), equipment(.vlan), diskSpace, equipment(.kvm, .kvm), memory, processors,
    ]

    /// - Parameter check: about the same thing; nil where there is none.
    private static func equipment(_ requirement: EquipmentRequirement, _ check: Check? = nil) -> FitRequirement {
        FitRequirement { needs, facts in
            switch requirement.finding(for: needs, on: HostEquipment(facts)) {
            case nil: nil
            case .missing(let obstacle): .missing(obstacle.reason, fix: obstacle.fix, check)
            case .unseen(let reason): .unseen(reason, check)
            }
        }
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

extension HostEquipment {
    fileprivate init(_ facts: ReadinessFacts) {
        let components = facts.software.components
        let programs: [(Program, Components.Component?)] = [
            (.qemu, components.qemu), (.libvirt, components.libvirt), (.swtpm, components.swtpm),
            (.virtiofsd, components.helpers?.virtiofsd), (.xorriso, components.helpers?.xorriso),
        ]
        self.init(
            cpu: facts.cpu, programs: Set(programs.filter { $0.1 != nil }.map(\.0)), firmware: facts.software.firmware,
            showsPrograms: facts.showsPrograms, showsHelpers: components.helpers != nil,
            libvirtVersion: components.libvirt?.version, networks: facts.software.hypervisor?.networks,
            interfaces: Dictionary(facts.network.interfaces.map { ($0.name, Interface(kind: $0.kind.rawValue)) }) {
                first, _ in first
            }
        )
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
