import FleetModel
import FleetRuntime

/// The share of a machine's memory that VMs can have.
public struct HostMemory: Sendable {
    private static let gibibyte: UInt64 = 1 << 30
    /// For the host itself, its desktop and QEMU's own needs.
    private static let reserve = 8 * gibibyte

    /// The memory modules' size. The kernel counts less, by what it and the firmware took before: the next full GiB is
    /// meant.
    public let installedBytes: UInt64
    /// Memory set aside as huge pages, used or not.
    public let hugePageBytes: UInt64

    /// - Returns: nil when the amount of memory is not known.
    public init?(_ memory: MemoryDocument) {
        guard let total = memory.totalBytes, total > 0 else { return nil }
        let (sum, overflow) = total.addingReportingOverflow(Self.gibibyte - 1)
        installedBytes = overflow ? total : sum / Self.gibibyte * Self.gibibyte
        hugePageBytes = Self.bytes(memory.hugePages)
    }

    /// Of all sizes together.
    public static func bytes(_ pools: [MemoryDocument.HugePages]) -> UInt64 {
        pools.reduce(0) { $0.adding($1.sizeBytes.times($1.count)) }
    }

    /// 8 GiB, or half of a machine that has less than 16.
    public var keptBytes: UInt64 { min(Self.reserve, installedBytes / 2) }

    /// For VMs whose memory is not huge pages.
    public var availableBytes: UInt64 { permittedBytes.less(hugePageBytes) }

    /// For all VMs together, on whatever pages.
    public var permittedBytes: UInt64 { installedBytes - keptBytes }

    /// What helps a VM that asks for more than is available.
    public func fix(for bytes: UInt64) -> String {
        bytes <= permittedBytes
            ? "Set fewer huge pages aside: they are lost to this VM."
            : "Give the profile at most \(availableBytes >> 20) MiB (memoryMiB), or add memory to the machine."
    }
}

extension HostMemory: CustomStringConvertible {
    /// The rest of a sentence: `of the machine's 32 GiB, 8 GiB are kept for the host, which leaves 24 GiB`.
    public var description: String {
        let pages = hugePageBytes > 0 ? " and \(HumanText.bytes(hugePageBytes)) are set aside as huge pages" : ""
        return
            "of the machine's \(HumanText.bytes(installedBytes)), \(HumanText.bytes(keptBytes)) are kept for the host"
            + "\(pages), which leaves \(HumanText.bytes(availableBytes))"
    }
}
