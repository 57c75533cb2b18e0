import FleetModel

extension VMDemand {
    /// Of cgroup v2's cpu.weight.
    public static let maximumWeight = 10_000
    private static let maximumIOThreads = 64

    /// What no host could fulfil, and what needs more processors than there are.
    ///
    /// - Parameter threads: of the host; nil when they are not known.
    func obstacles(threads: Int?) -> [PlacementObstacle] {
        var obstacles: [PlacementObstacle] = []
        func require(_ holds: Bool, _ reason: String, _ fix: String) {
            if !holds { obstacles.append(PlacementObstacle(reason: reason, fix: fix)) }
        }
        require(vcpus > 0, "It has \(vcpus) vCPUs.", "Give it at least one.")
        require(
            topology == nil || topology?.vcpus == vcpus,
            "Its topology has \(topology?.vcpus ?? 0) vCPUs, and it has \(vcpus).",
            "Let sockets, dies, cores and threads make \(vcpus).")
        require(memory.minimumBytes > 0, "It has no memory.", "Give it some.")
        require(
            memory.minimumBytes <= memory.maximumBytes, "It takes less memory at most than at least.",
            "Exchange the two.")
        require(
            (1...Self.maximumWeight).contains(weight ?? 1), "Its weight is \(weight ?? 1).",
            "Choose one from 1 to \(Self.maximumWeight).")
        require(
            (0...Self.maximumIOThreads).contains(ioThreads), "It has \(ioThreads) I/O threads.",
            "Choose a number from 0 to \(Self.maximumIOThreads).")
        if let threads {
            require(
                vcpus <= threads, "It has \(vcpus) vCPUs, and this machine runs \(threads) threads at a time.",
                "Give it at most \(threads) vCPUs.")
        } else {
            obstacles.append(PlacementObstacle(reason: "Which processors the machine has cannot be seen.", fix: nil))
        }
        return obstacles
    }
}
