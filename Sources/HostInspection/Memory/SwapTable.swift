import FleetModel

/// /proc/swaps (proc_swaps(5)).
struct SwapTable: Sendable {
    let swaps: [MemoryDocument.Swap]

    init(_ root: HostRoot) {
        swaps = (root.text("/proc/swaps") ?? "").split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count > 2 else { return nil }
            let path = MountTable.unescaped(fields[0])
            let kind: MemoryDocument.Swap.Kind =
                path.hasPrefix("/dev/zram") ? .zram : fields[1] == "partition" ? .partition : .file
            return MemoryDocument.Swap(path: path, kind: kind, sizeBytes: UInt64(kibibytes: fields[2]) ?? 0)
        }
    }
}
