import FleetModel

/// What is known, held and planned of a NUMA node's memory.
struct NodeMemory {
    /// Huge pages of one size.
    struct Pool {
        /// Reserved by the kernel, used or not.
        var reserved: UInt64
        /// Reserved and not used; nil when the document does not tell.
        var free: UInt64?
        /// By VMs that run.
        var held: UInt64 = 0
        /// For VMs that shall start.
        var planned: UInt64 = 0

        /// By others than VMs that are known here.
        private var foreign: UInt64 { reserved.less(free ?? reserved).less(held) }
        /// What there is already. The document may be older than the VMs.
        private var present: UInt64 { max(reserved, held.adding(foreign)) }
        var used: UInt64 { held.adding(foreign).adding(planned) }
        var idle: UInt64 { present.less(used) }
        var missing: UInt64 { used.less(present) }
        /// With those that are missing.
        var count: UInt64 { max(present, used) }
    }

    let id: Int
    let totalBytes: UInt64
    /// For VMs: without what is kept for the host.
    let permittedBytes: UInt64
    /// Free when the document was made; nil when it does not tell.
    let freeBytes: UInt64?
    /// By page size in bytes.
    var pools: [UInt64: Pool]
    /// Ordinary memory that VMs are bound to here.
    var boundBytes: UInt64 = 0

    init(_ node: MemoryDocument.Node, totalBytes: UInt64, keptBytes: UInt64) {
        id = node.id
        self.totalBytes = totalBytes
        permittedBytes = totalBytes.less(keptBytes)
        freeBytes = node.freeBytes
        pools = Dictionary(
            node.hugePages.filter { $0.sizeBytes > 0 }
                .map { ($0.sizeBytes, Pool(reserved: $0.count, free: $0.free)) }
        ) { first, _ in first }
    }

    /// Set aside as huge pages.
    var pageBytes: UInt64 { pools.reduce(0) { $0.adding($1.key.times($1.value.count)) } }
    /// Of huge pages that are used.
    var usedPageBytes: UInt64 { pools.reduce(0) { $0.adding($1.key.times($1.value.used)) } }

    /// What ordinary memory or further huge pages could still have.
    var roomBytes: UInt64 { permittedBytes.less(pageBytes).less(boundBytes) }

    /// How many more huge pages a VM could have here. Those of 1 GiB can hardly be made once the machine has run for a
    /// while: only what is there counts.
    ///
    /// - Parameters:
    ///   - availableBytes: what the whole machine has left for further pages.
    ///   - asFree: only further pages for which memory is free now, where that is known.
    func pages(_ size: UInt64, availableBytes: UInt64, asFree: Bool) -> UInt64 {
        guard let pool = pools[size] else { return 0 }
        let room = min(roomBytes, availableBytes, asFree ? unplannedBytes ?? .max : .max)
        let more = size < 1 << 30 ? room / size : 0
        // A document may tell of more pages than there is memory.
        return min(pool.idle.adding(more), totalBytes.less(usedPageBytes).less(boundBytes) / size)
    }

    /// How much of what was free is not yet planned to become huge pages.
    var unplannedBytes: UInt64? {
        freeBytes?.less(pools.reduce(0) { $0.adding($1.key.times($1.value.missing)) })
    }
}
