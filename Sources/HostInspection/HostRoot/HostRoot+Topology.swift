extension HostRoot {
    private static let processors = "/sys/devices/system/cpu"

    /// What hwloc reads besides the directories of processors and nodes.
    private static let otherFiles = [
        "/sys", "/sys/devices", "/sys/devices/system", "/sys/class", "/sys/class/dmi", "/sys/bus", "/sys/kernel",
        "/sys/kernel/mm", "/sys/kernel/mm/hugepages", "/sys/fs", "/sys/fs/cgroup", "/sys/devices/cpu_core",
        "/sys/devices/cpu_atom", "/proc", "/proc/cpuinfo", "/proc/meminfo", "/proc/mounts", "/proc/driver",
    ]

    /// A library that opens files itself may read the processors' part of this tree: it is there, and in a copy no
    /// symbolic link on the way leads out.
    var holdsTopology: Bool {
        guard numbered("cpu", in: Self.processors).contains(where: { exists($0.path + "/topology") }) else {
            return false
        }
        return isLive
            || Self.otherFiles.allSatisfy { staysInside($0) }
                && isClosed(Self.processors) && isClosed("/sys/devices/system/node")
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
