extension VMCollector {
    /// A guest that stopped reporting leaves its last numbers behind; past this age they are not its memory any more.
    private static let freshness = 60.0

    static let memory = VMCollector(name: "memory") { input, samples in
        samples.add(.vmMemoryCurrent, input.bytes(kibibytes: "balloon.current"))
        samples.add(.vmMemoryMaximum, input.bytes(kibibytes: "balloon.maximum"))
        samples.add(.vmMemoryResident, input.bytes(kibibytes: "balloon.rss"))
        // 0 stands for never.
        guard let updated = input.number("balloon.last-update"), updated > 0 else { return }
        samples.add(.vmGuestMemoryUpdated, updated)
        guard input.now - updated <= freshness else { return }
        samples.add(.vmGuestMemoryTotal, input.bytes(kibibytes: "balloon.available"))
        samples.add(.vmGuestMemoryUnused, input.bytes(kibibytes: "balloon.unused"))
        samples.add(.vmGuestMemoryUsable, input.bytes(kibibytes: "balloon.usable"))
    }
}
