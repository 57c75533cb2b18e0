extension Check {
    private static let oldest = KernelRelease(5, 15)

    static let kernelVersion = Check(
        "kernel-version",
        reason: "Virtfleet is meant for Linux 5.15 and newer; older kernels lack later mends of VFIO and KVM."
    ) { facts in
        guard let release = facts.software.kernel else {
            return [
                .unknown(
                    "The kernel's version cannot be seen.",
                    shownBy: "It is told by /proc/sys/kernel/osrelease, which cannot be read here.")
            ]
        }
        guard let version = KernelRelease(release) else {
            return [.unknown("The kernel calls itself \(release).", shownBy: "A release such as 6.1.0 was expected.")]
        }
        guard version >= oldest else {
            return [
                .warning(
                    "The kernel is \(release).",
                    fix: "Install a newer kernel, or a newer release of the distribution."
                )
            ]
        }
        return [.ok("The kernel is \(release).")]
    }
}
