extension Check {
    /// A guest asks for the time often; with another clock than the processor's own each answer leaves the processor.
    static let idleVMTimers = Check(
        "idle-vm-timers", reason: "A slow clock makes every VM that does nothing cost a part of a core."
    ) { facts in
        switch facts.software.clock.source {
        case nil:
            return [
                .unknown(
                    "The kernel's clock source cannot be seen.",
                    shownBy: "It is told by /sys/devices/system/clocksource, which cannot be read here.")
            ]
        case "tsc": return [.ok("The kernel reads the time from the processor (tsc).")]
        case let source? where facts.cpu.isGuest:
            return [.ok("The kernel reads the time from \(source); this machine is itself a VM.")]
        case let source?:
            return [
                .warning(
                    "The kernel reads the time from \(source), because it does not trust the processor's clock or was told so.",
                    fix:
                        "Remove clocksource=, notsc and tsc=unstable from the kernel command line, and update the firmware."
                )
            ]
        }
    }
}
