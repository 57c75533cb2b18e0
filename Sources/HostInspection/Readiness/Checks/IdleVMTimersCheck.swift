extension Check {
    /// A guest asks for the time often; with another clock than the processor's own each answer leaves the processor.
    /// A Windows guest without Hyper-V's timers asks all the time.
    static let idleVMTimers = Check(
        "idle-vm-timers", reason: "A slow clock or missing timers make a VM that does nothing cost a part of a core."
    ) { facts in
        let definitions = facts.restlessVMs.map { name in
            Outcome.warning(
                "The Windows VM \(name) is defined without Hyper-V's clock and timers.",
                fix: "Add them with 'virsh edit \(name)', or clone it anew from a profile with guestOS: windows.")
        }
        return [hostClock(facts)] + definitions
    }

    private static func hostClock(_ facts: ReadinessFacts) -> Outcome {
        switch facts.software.clock.source {
        case nil:
            .unknown(
                "The kernel's clock source cannot be seen.",
                shownBy: "It is told by /sys/devices/system/clocksource, which cannot be read here.")
        case "tsc": .ok("The kernel reads the time from the processor (tsc).")
        case let source? where facts.cpu.isGuest:
            .ok("The kernel reads the time from \(source); this machine is itself a VM.")
        case let source?:
            .warning(
                "The kernel reads the time from \(source), because it does not trust the processor's clock or was told so.",
                fix:
                    "Remove clocksource=, notsc and tsc=unstable from the kernel command line, and update the firmware."
            )
        }
    }
}
