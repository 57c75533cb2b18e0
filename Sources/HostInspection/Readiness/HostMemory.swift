import FleetModel
import FleetRuntime

/// The share of a machine's memory that VMs can have.
struct HostMemory: Sendable {
    private static let gibibyte: UInt64 = 1 << 30
    /// For the host itself, its desktop and QEMU's own needs.
    private static let reserve = 8 * gibibyte

    /// The memory modules' size. The kernel counts less, by what it and the firmware took before: the next full GiB is
    /// meant.
    let installedBytes: UInt64
    /// Memory set aside as huge pages, used or not.
    let hugePageBytes: UInt64

    /// - Returns: nil when the amount of memory is not known.
    init?(_ memory: MemoryDocument) {
        guard let total = memory.totalBytes, total > 0 else { return nil }
        let (sum, overflow) = total.addingReportingOverflow(Self.gibibyte - 1)
        installedBytes = overflow ? total : sum / Self.gibibyte * Self.gibibyte
        hugePageBytes = Self.bytes(memory.hugePages)
    }

    /// Of all sizes together.
    static func bytes(_ pools: [MemoryDocument.HugePages]) -> UInt64 {
        pools.reduce(0) { sum, pool in
            let (bytes, overflow) = pool.sizeBytes.multipliedReportingOverflow(by: pool.count)
            let (total, isTooMuch) = sum.addingReportingOverflow(bytes)
            return overflow || isTooMuch ? .max : total
        }
    }

    /// 8 GiB, or half of a machine that has less than 16.
    var keptBytes: UInt64 { min(Self.reserve, installedBytes / 2) }

    /// For VMs whose memory is not huge pages.
    var availableBytes: UInt64 {
        let taken = keptBytes.addingReportingOverflow(hugePageBytes)
        return taken.overflow || taken.partialValue > installedBytes ? 0 : installedBytes - taken.partialValue
    }
}

extension HostMemory: CustomStringConvertible {
    /// The rest of a sentence: `of the machine's 32 GiB, 8 GiB are kept for the host, which leaves 24 GiB`.
    var description: String {
        let pages = hugePageBytes > 0 ? " and \(HumanText.bytes(hugePageBytes)) are set aside as huge pages" : ""
        return
            "of the machine's \(HumanText.bytes(installedBytes)), \(HumanText.bytes(keptBytes)) are kept for the host"
            + "\(pages), which leaves \(HumanText.bytes(availableBytes))"
    }
}
