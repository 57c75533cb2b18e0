extension Check {
    static let clockSynchronisation = Check(
        "clock-synchronisation", reason: "Jobs have windows and deadlines, and wait while the clock cannot be trusted."
    ) { facts in
        let clock = facts.software.clock
        switch (clock.synchronised, clock.service) {
        case (true?, let service): return [.ok("The clock is kept by \(service ?? "a time service").")]
        case (false?, let service?):
            return [
                .warning(
                    "\(service) is there, but has not set the clock.",
                    fix:
                        "Look at what it says ('timedatectl', 'chronyc tracking'): mostly its servers cannot be reached."
                )
            ]
        case (false?, nil):
            return [
                .warning(
                    "Nothing keeps the clock.",
                    fix: "Install and start systemd-timesyncd (Debian) or chrony (Fedora).")
            ]
        case (nil, let service):
            return [
                .unknown(
                    service.map { "\($0) is started with the machine; whether it has set the clock cannot be seen." }
                        ?? "Whether anything keeps the clock cannot be seen.",
                    shownBy: "Run the inspection on the machine itself.")
            ]
        }
    }
}
