import FoundationEssentials

/// The tiny bootable guest that `make test` builds (tools/guest-image): its guest agent answers, and it powers off when
/// asked to.
public enum GuestImage {
    public static let path = #filePath.replacing(
        "Sources/FleetTestSupport/GuestImage.swift", with: ".build/guest/guest.qcow2")

    public struct Missing: Error, CustomStringConvertible {
        public var description: String { "\(path) is not there: run tools/guest-image \(path)" }
    }

    /// Fails when it has not been built.
    public static func require() throws {
        guard FileManager.default.fileExists(atPath: path) else { throw Missing() }
    }

    /// A copy for one guest to write to.
    public static func copy(to file: String) throws {
        try require()
        try FileManager.default.copyItem(atPath: path, toPath: file)
    }
}
