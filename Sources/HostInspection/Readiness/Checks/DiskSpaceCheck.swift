import FleetRuntime

extension Check {
    static let diskSpace = Check(
        "disk-space", reason: "A full file system stops its VMs in the middle of a write."
    ) { facts in
        guard let fileSystem = facts.imagesFileSystem, let free = fileSystem.availableBytes else {
            return [
                .unknown(
                    "How much is free for \(facts.storage.images.path) cannot be seen.",
                    shownBy: "Run the inspection on the machine itself.")
            ]
        }
        let number = facts.quotesMomentary ? "\(HumanText.bytes(free)) are free" : "there is room"
        let place = "on \(fileSystem.mountPoint), for \(facts.storage.images.path)"
        let losers = facts.profiles.filter { $0.freeDiskBytes > free }
        guard losers.isEmpty else {
            return [
                .failure(
                    "Too little is free \(place): a new VM of \(losers.names) needs more.",
                    fix: diskSpaceFix)
            ]
        }
        // Running VMs go on growing: a twentieth is soon written.
        if let capacity = fileSystem.capacityBytes, free < capacity / 20 {
            return [.warning("Less than a twentieth is free \(place).", fix: diskSpaceFix)]
        }
        return [.ok("Now \(number) \(place).")]
    }

    static let diskSpaceFix =
        "Delete VMs or files that nobody needs, or move the images directory (images.directory in agent.yaml) to a larger "
        + "file system."
}

extension ReadinessFacts {
    /// That of the images directory.
    var imagesFileSystem: StorageDocument.FileSystem? {
        storage.images.mountPoint.flatMap { point in storage.fileSystems.first { $0.mountPoint == point } }
    }
}
