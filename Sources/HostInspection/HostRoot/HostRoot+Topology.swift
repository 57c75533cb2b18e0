extension HostRoot {
    private static let processors = "/sys/devices/system/cpu"
    private static let memoryNodes = "/sys/devices/system/node"

    /// What hwloc reads, with all that is below it.
    private static let directories = [
        processors, memoryNodes, "/sys/devices/virtual/dmi/id", "/sys/class/dmi/id", "/sys/kernel/mm/hugepages",
        "/sys/bus/dax/devices",
    ]
    /// What it reads besides, and the ways there.
    private static let otherFiles = [
        "/sys", "/sys/devices", "/sys/devices/system", "/sys/devices/virtual", "/sys/devices/virtual/dmi", "/sys/class",
        "/sys/class/dmi", "/sys/bus", "/sys/bus/dax", "/sys/kernel", "/sys/kernel/mm", "/sys/fs", "/sys/fs/cgroup",
        "/sys/devices/cpu_core", "/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom", "/sys/devices/cpu_atom/cpus",
        "/proc", "/proc/cpuinfo", "/proc/meminfo", "/proc/mounts", "/proc/driver",
    ]
    /// hwloc keeps a bit for every number up to the highest. No kernel is built for as many processors.
    private static let highestNumber = 1 << 16

    /// A library that opens files itself may read the processors' part of this tree: it is there, and in a copy no
    /// symbolic link on the way leads out, nothing waits for a writer, and no number asks for all the memory.
    var holdsTopology: Bool {
        guard numbered("cpu", in: Self.processors).contains(where: { exists($0.path + "/topology") }) else {
            return false
        }
        return isLive
            || hasSaneNumbers && Self.otherFiles.allSatisfy(isHarmless)
                && Self.directories.allSatisfy { isHarmless($0) && isClosed($0) }
    }

    private var hasSaneNumbers: Bool {
        let names = (names(in: Self.processors) + names(in: Self.memoryNodes)).filter {
            $0.hasPrefix("cpu") || $0.hasPrefix("node")
        }
        let lists =
            [Self.processors, Self.memoryNodes].flatMap { ["\($0)/online", "\($0)/possible"] } + [
                "/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom/cpus",
            ]
        return names.allSatisfy { $0.split { !$0.isNumber }.allSatisfy(isSane) }
            && lists.compactMap { text($0) }.allSatisfy(isList)
    }

    private func isSane(_ number: Substring) -> Bool {
        Int(number).map { (0..<Self.highestNumber).contains($0) } == true
    }

    /// `0-3,8`; hwloc ends the process over a list of no nodes, or of all that there could be.
    private func isList(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { range in
            let bounds = range.split(separator: "-", omittingEmptySubsequences: false)
            guard bounds.count <= 2, bounds.allSatisfy(isSane), let first = bounds.first.flatMap({ Int($0) }),
                let last = bounds.last.flatMap({ Int($0) })
            else { return false }
            return first <= last
        }
    }

    /// Nothing in a directory, or below it, harms.
    private func isClosed(_ path: String) -> Bool {
        let contents = entries(of: path)
        return contents.others.isEmpty && contents.links.allSatisfy { isHarmless("\(path)/\($0)") }
            && contents.directories.allSatisfy { isClosed("\(path)/\($0)") }
    }

    /// `path` is no link, or a relative one that does not climb above the root; and no device, FIFO or socket is there.
    private func isHarmless(_ path: String) -> Bool {
        guard !isSpecial(path) else { return false }
        guard let target = link(path) else { return true }
        var depth = path.split(separator: "/").count - 1
        for component in target.split(separator: "/") {
            depth += component == ".." ? -1 : component == "." ? 0 : 1
            if depth < 0 { return false }
        }
        return !target.hasPrefix("/")
    }
}
