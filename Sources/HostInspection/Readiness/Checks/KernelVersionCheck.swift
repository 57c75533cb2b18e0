extension Check {
    /// 5.15: the oldest long-term kernel whose VFIO, KVM and VirtIO are what the rest of virtfleet is tried with.
    private static let oldest = (5, 15)

    static let kernelVersion = Check(
        "kernel-version",
        reason: "Before Linux 5.15, VFIO and KVM lack mends that Windows 11 VMs and passthrough rely on."
    ) { facts in
        guard let release = facts.software.kernel else {
            return [
                .unknown(
                    "The kernel's version cannot be seen.",
                    shownBy: "It is told by /proc/sys/kernel/osrelease, which cannot be read here.")
            ]
        }
        let numbers = release.split(separator: ".", maxSplits: 2).map { $0.prefix { $0.isASCII && $0.isNumber } }
        guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1]) else {
            return [.unknown("The kernel calls itself \(release).", shownBy: "A release such as 6.1.0 was expected.")]
        }
        guard (major, minor) >= oldest else {
            return [
                .warning(
                    "The kernel is \(release).",
                    fix: "Install a kernel of 5.15 or newer, from a newer release or the backports of the distribution."
                )
            ]
        }
        return [.ok("The kernel is \(release).")]
    }
}
