/// An image file, whose content several threads may read at a time.
public struct SourceImage: Sendable {
    /// QEMU's names.
    public enum Format: String, CaseIterable, Sendable { case raw, qcow2, vmdk, vhdx, vpc, vdi }

    public let path: String
    public let format: Format

    public init(path: String, format: Format) {
        self.path = path
        self.format = format
    }

    /// The format is the one that the file's name ends with, and never guessed from its content, which for a raw image is what a guest
    /// has written. Other names, such as `disk.img`, are those of raw images.
    /// - Throws: `unusable` where a file that would be raw begins like a qcow2 image; blocks.
    public init(path: String) throws(ImageError) {
        let ending = path.split(separator: "/").last?.split(separator: ".").last?.lowercased()
        let format = ending == "vhd" ? .vpc : ending.flatMap(Format.init(rawValue:)) ?? .raw
        if format == .raw, try QCow2Header(file: path) != nil {
            throw ImageError(
                .unusable,
                "\(path) begins like a qcow2 image, which its name does not say; say whether it is raw or qcow2")
        }
        self.init(path: path, format: format)
    }

    /// For one thread. Blocks.
    func open() throws(ImageError) -> any DiskContent {
        switch format {
        case .raw: try RawDisk(path)
        case .qcow2, .vmdk, .vhdx, .vpc, .vdi: try FormattedDisk(path, format: format.rawValue)
        }
    }
}
