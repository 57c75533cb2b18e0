import FleetModel

/// `inventory/memory`.
public struct MemoryDocument: Codable, Equatable, Sendable {
    public struct HugePages: Codable, Equatable, Sendable {
        public var sizeBytes: UInt64
        /// Reserved now, used or not.
        public var count: UInt64
    }

    public var totalBytes: UInt64?
    public var swapBytes: UInt64?
    /// One entry for each size that the kernel offers.
    public var hugePages: [HugePages]
}

struct MemoryInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> MemoryDocument {
        let root = subject.root
        let fields = Dictionary(root.fields("/proc/meminfo").map { ($0.key, $0.value) }) { first, _ in first }
        let directory = "/sys/kernel/mm/hugepages"
        let hugePages = root.names(in: directory).compactMap { name -> MemoryDocument.HugePages? in
            guard name.hasPrefix("hugepages-"), name.hasSuffix("kB"), let size = UInt64(name.dropFirst(10).dropLast(2)),
                let count = root.text("\(directory)/\(name)/nr_hugepages").flatMap({ UInt64($0) })
            else { return nil }
            return MemoryDocument.HugePages(sizeBytes: size << 10, count: count)
        }
        return MemoryDocument(
            totalBytes: bytes(fields["MemTotal"]), swapBytes: bytes(fields["SwapTotal"]),
            hugePages: hugePages.sorted { $0.sizeBytes < $1.sizeBytes })
    }

    /// `24684092 kB`; the kernel means KiB.
    private func bytes(_ field: String?) -> UInt64? {
        guard let field, field.hasSuffix(" kB"), let count = UInt64(field.dropLast(3)) else { return nil }
        return count << 10
    }
}
