extension HostRoot {
    private static let processors = "/sys/devices/system/cpu"
    private static let nodes = "/sys/devices/system/node"
    private static let lists = [
        processors + "/online", processors + "/possible", nodes + "/online", nodes + "/possible",
        "/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom/cpus",
    ]
    /// More than any kernel counts (NR_CPUS).
    private static let limit = 1 << 16

    /// What hwloc reads besides the directories of processors and nodes.
    private static let otherFiles = [
        "/sys", "/sys/devices", "/sys/devices/system", processors, nodes, "/sys/devices/virtual",
        "/sys/devices/virtual/dmi",
        "/sys/devices/virtual/dmi/id", "/sys/class", "/sys/class/dmi", "/sys/class/dmi/id", "/sys/bus", "/sys/bus/dax",
        "/sys/kernel", "/sys/kernel/mm", "/sys/kernel/mm/hugepages", "/sys/fs", "/sys/fs/cgroup",
        "/sys/devices/cpu_core", "/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom", "/sys/devices/cpu_atom/cpus",
        "/proc", "/proc/cpuinfo", "/proc/meminfo", "/proc/mounts", "/proc/self", "/proc/driver",
    ]

    /// A library that opens files itself may read the processors' part of this tree: it is there, and a copy is as the
    /// kernel makes it. No symbolic link on the way leads out, and the lists of what is online are lists: hwloc ends
    /// the process over an empty one, and fills the memory over an endless one.
    var holdsTopology: Bool {
        let threads = numbered("cpu", in: Self.processors)
        guard threads.contains(where: { exists($0.path + "/topology") }) else { return false }
        if isLive { return true }
        let nodes = numbered("node", in: Self.nodes)
        return (threads + nodes).allSatisfy { $0.number < Self.limit } && nodes.isEmpty != exists(Self.nodes)
            && Self.lists.allSatisfy { text($0).map(Self.isList) ?? true }
            && Self.otherFiles.allSatisfy { staysInside($0) } && isClosed(Self.processors) && isClosed(Self.nodes)
    }

    /// `0-3,8`, of numbers that a kernel can have.
    private static func isList(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { range in
            let bounds = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
            guard let low = bounds.first, let high = bounds.last, bounds.count < 3 else { return false }
            return low >= 0 && low <= high && high < limit
        }
    }

    /// No symbolic link in a directory, or below it, leads out of the tree.
    private func isClosed(_ path: String) -> Bool {
        let contents = entries(of: path)
        return contents.links.allSatisfy { staysInside("\(path)/\($0)") }
            && contents.directories.allSatisfy { isClosed("\(path)/\($0)") }
    }

    /// `path` is no link, or a relative one that does not climb above the root.
    private func staysInside(_ path: String) -> Bool {
        guard let target = link(path) else { return true }
        var depth = path.split(separator: "/").count - 1
        for component in target.split(separator: "/") {
            depth += component == ".." ? -1 : component == "." ? 0 : 1
            if depth < 0 { return false }
        }
        return !target.hasPrefix("/")
    }
}
