import FleetModel

/// /proc/meminfo, /proc/swaps, /proc/self/limits, /sys/kernel/mm and /sys/devices/system/node.
struct MemoryInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> MemoryDocument {
        let (root, momentary) = (subject.root, subject.includesMomentary)
        let fields = Dictionary(root.fields("/proc/meminfo").map { ($0.key, $0.value) }) { first, _ in first }
        return MemoryDocument(
            totalBytes: kibibytes(fields["MemTotal"]), swapBytes: kibibytes(fields["SwapTotal"]),
            hugePages: hugePages(in: "/sys/kernel/mm/hugepages", root, momentary: momentary),
            nodes: nodes(root, momentary: momentary), transparentHugePages: transparentHugePages(root),
            pageMerging: pageMerging(root, momentary: momentary), swaps: SwapTable(root).swaps,
            lockLimit: lockLimit(root), overcommit: overcommit(root),
            availableBytes: momentary ? kibibytes(fields["MemAvailable"]) : nil)
    }

    private func hugePages(in directory: String, _ root: HostRoot, momentary: Bool) -> [MemoryDocument.HugePages] {
        root.names(in: directory).compactMap { name -> MemoryDocument.HugePages? in
            guard name.hasPrefix("hugepages-"), name.hasSuffix("kB"),
                let size = UInt64(kibibytes: name.dropFirst(10).dropLast(2)),
                let count = root.text("\(directory)/\(name)/nr_hugepages").flatMap({ UInt64($0) })
            else { return nil }
            return MemoryDocument.HugePages(
                sizeBytes: size, count: count,
                free: momentary ? root.text("\(directory)/\(name)/free_hugepages").flatMap { UInt64($0) } : nil)
        }.sorted { $0.sizeBytes < $1.sizeBytes }
    }

    private func nodes(_ root: HostRoot, momentary: Bool) -> [MemoryDocument.Node] {
        root.numbered("node", in: "/sys/devices/system/node").map { id, path in
            // `Node 0 MemTotal:  32768 kB`.
            let fields = Dictionary(
                root.fields(path + "/meminfo").map { ($0.key.split(separator: " ").last.map(String.init), $0.value) }
            ) { first, _ in first }
            return MemoryDocument.Node(
                id: id, totalBytes: kibibytes(fields["MemTotal"]),
                hugePages: hugePages(in: path + "/hugepages", root, momentary: momentary),
                freeBytes: momentary ? kibibytes(fields["MemFree"]) : nil)
        }
    }

    private func transparentHugePages(_ root: HostRoot) -> MemoryDocument.TransparentHugePages? {
        let pages = MemoryDocument.TransparentHugePages(
            enabled: chosen(root.text("/sys/kernel/mm/transparent_hugepage/enabled")),
            defrag: chosen(root.text("/sys/kernel/mm/transparent_hugepage/defrag")))
        return pages.enabled == nil && pages.defrag == nil ? nil : pages
    }

    /// `always [madvise] never`: the word in brackets.
    private func chosen(_ text: String?) -> String? {
        (text ?? "").split(separator: " ").first { $0.hasPrefix("[") && $0.hasSuffix("]") && $0.count > 2 }
            .map { String($0.dropFirst().dropLast()) }
    }

    private func pageMerging(_ root: HostRoot, momentary: Bool) -> MemoryDocument.PageMerging? {
        root.integer("/sys/kernel/mm/ksm/run").map { run in
            MemoryDocument.PageMerging(
                isRunning: run == 1,
                sharingPages: momentary ? root.text("/sys/kernel/mm/ksm/pages_sharing").flatMap { UInt64($0) } : nil)
        }
    }

    /// `Max locked memory  8388608  8388608  bytes`.
    private func lockLimit(_ root: HostRoot) -> MemoryDocument.LockLimit? {
        for line in (root.text("/proc/self/limits") ?? "").split(separator: "\n")
        where line.hasPrefix("Max locked memory") {
            let limits = line.split(separator: " ").dropFirst(3).prefix(2)
            guard limits.count == 2, limits.allSatisfy({ $0 == "unlimited" || UInt64($0) != nil }) else { return nil }
            return MemoryDocument.LockLimit(
                softBytes: limits.first.flatMap { UInt64($0) }, hardBytes: limits.last.flatMap { UInt64($0) })
        }
        return nil
    }

    private func overcommit(_ root: HostRoot) -> String? {
        let names = ["heuristic", "always", "never"]
        return root.integer("/proc/sys/vm/overcommit_memory").flatMap { names.indices.contains($0) ? names[$0] : nil }
    }

    /// `24684092 kB`.
    private func kibibytes(_ field: String?) -> UInt64? {
        guard let field, field.hasSuffix(" kB") else { return nil }
        return UInt64(kibibytes: field.dropLast(3))
    }
}
