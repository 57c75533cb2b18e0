import FleetModel

/// libvirt's enumerations in kebab case, indexed by their value (libvirt-domain.h).
enum LibvirtWords {
    static let lifecycle: [(event: String, details: [String])] = [
        ("defined", ["added", "updated", "renamed", "from-snapshot"]),
        ("undefined", ["removed", "renamed"]),
        ("started", ["booted", "migrated", "restored", "from-snapshot", "wakeup"]),
        (
            "suspended",
            [
                "paused", "migrated", "ioerror", "watchdog", "restored", "from-snapshot", "api-error", "postcopy",
                "postcopy-failed",
            ]
        ),
        ("resumed", ["unpaused", "migrated", "from-snapshot", "postcopy", "postcopy-failed"]),
        ("stopped", ["shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from-snapshot"]),
        ("shutdown", ["finished", "guest", "host"]),
        ("pm-suspended", ["memory", "disk"]),
        ("crashed", ["panicked", "crashloaded"]),
    ]
    static let watchdogAction = ["none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi"]
    static let ioErrorAction = ["none", "pause", "report"]
    static let blockJobType = ["unknown", "pull", "copy", "commit", "active-commit", "backup"]
    static let blockJobStatus = ["completed", "failed", "cancelled", "ready"]
    static let guestAgentReason = ["unknown", "domain-started", "channel"]
    static let state: [VMDocument.State] = [
        .noState, .running, .blocked, .paused, .shutdown, .shutoff, .crashed, .pmSuspended,
    ]
}

extension Array {
    /// The word of a value; nil for one that a newer libvirt may have added.
    func word(_ value: Int32) -> Element? { indices.contains(Int(value)) ? self[Int(value)] : nil }
}
