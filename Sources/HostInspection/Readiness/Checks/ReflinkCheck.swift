extension Check {
    static let reflink = Check(
        "reflink", reason: "Where copies can share blocks, a full copy of an image costs neither time nor space."
    ) { facts in
        guard let fileSystem = facts.imagesFileSystem, let reflink = fileSystem.reflink else {
            return [
                .unknown(
                    "Whether files in \(facts.storage.images.path) can share blocks cannot be seen.",
                    shownBy: "Run the inspection on the machine itself.")
            ]
        }
        let place = "\(fileSystem.mountPoint) (\(fileSystem.type))"
        guard !reflink else { return [.ok("Files on \(place) can share blocks.")] }
        return [
            .notice(
                "Files on \(place) cannot share blocks; VMs are made as overlays of their image instead.",
                fix: "If full copies are wanted, put the images directory on btrfs, or on XFS made with reflink=1.")
        ]
    }
}
