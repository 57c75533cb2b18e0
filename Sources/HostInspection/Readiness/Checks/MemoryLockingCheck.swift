import FleetRuntime

extension Check {
    /// RLIMIT_MEMLOCK. libvirt raises it for the QEMU processes of its system daemon, by what each VM needs.
    static let memoryLocking = Check(
        "memory-locking",
        reason: "A VM with a device of its own keeps all its memory locked, and may lock up to a limit."
    ) { facts in
        guard facts.software.hypervisor?.uri.hasSuffix("/session") == true else {
            return facts.software.components.libvirt == nil && facts.software.hypervisor == nil
                ? [.unknown("libvirt cannot be seen.", shownBy: "See the findings about what is installed.")]
                : [
                    .ok(
                        "libvirt's system daemon sets the limit for each VM itself; leave hard_limit out of definitions."
                    )
                ]
        }
        guard let limit = facts.memory.lockLimit else {
            return [.unknown("The limit cannot be seen.", shownBy: "Run the inspection on the machine itself.")]
        }
        // QEMU adds to the guest's memory what it needs itself; libvirt reckons with 1 GiB.
        let largest = (facts.profiles.map(\.memoryBytes).max() ?? 0).addingReportingOverflow(1 << 30)
        guard let hard = limit.hardBytes, largest.overflow || hard < largest.partialValue else {
            return [.ok("This user may lock the memory of every profile.")]
        }
        return [
            .notice(
                "VMs of this user's session may lock \(HumanText.bytes(hard)), so none of them can have a device.",
                fix: "Add 'USER - memlock unlimited' to a file in /etc/security/limits.d and log in again, or use "
                    + "qemu:///system.")
        ]
    }
}
