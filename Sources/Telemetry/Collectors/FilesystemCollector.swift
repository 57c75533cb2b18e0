extension HostCollector {
    /// statvfs(3) of the image directory.
    static let filesystem = HostCollector(name: "filesystem") { input, samples in
        let fileSystem = input.files.fileSystem(of: input.imageDirectory)
        samples.add(.filesystemSize, fileSystem.map { Double($0.size) }, input.imageDirectory)
        samples.add(.filesystemAvailable, fileSystem.map { Double($0.available) }, input.imageDirectory)
    }
}
