import FleetTestSupport
import FoundationEssentials
import Glibc
import HostInspection
import Testing

/// A file tree that looks like a machine's.
struct FixtureMachine {
    private let directory: TemporaryDirectory

    init(_ files: [String: String]) throws {
        directory = try TemporaryDirectory()
        for (path, text) in files { try write(path, text) }
    }

    func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = URL(filePath: directory.path + path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    /// - Parameter target: relative, or absolute in the tree.
    func link(_ path: String, to target: String) throws {
        let file = URL(filePath: directory.path + path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
    }

    func makePipe(_ path: String) throws {
        guard mkfifo(directory.path + path, 0o600) == 0 else { throw FixtureError(text: path) }
    }

    /// A device at `/sys` + `path`, with its link in `/sys/class/CLASS`, as the kernel makes them.
    func device(_ path: String, class name: String, _ attributes: [String: String] = [:]) throws {
        let last = try #require(path.split(separator: "/").last)
        try write("/sys\(path)/uevent", "")
        for (file, text) in attributes { try write("/sys\(path)/\(file)", text + "\n") }
        try link("/sys/class/\(name)/\(last)", to: "../.." + path)
    }

    var root: HostRoot { HostRoot(directory.path) }

    /// What is found; the tree stays until then.
    func inspection() async -> Inspection { await HostInspector().inspect(subject) }

    var subject: InspectionSubject {
        InspectionSubject(
            root: HostRoot(directory.path), agentVersion: "1.2.3",
            pools: [
                .init(name: "b", active: true, capacityBytes: 10, path: "/b"),
                .init(name: "a", active: false, capacityBytes: 20, path: nil),
            ], imagesDirectory: "/var/lib/virtfleet-agent/images")
    }
}
