import FleetTestSupport
import Foundation
import Subprocess

/// Two versions of a disk with an NTFS, filled from this machine's own /usr. The second is as an update leaves it: one file in
/// twenty is another, written beside the old one and then put in its place.
struct DiskVersions {
    private static let diskBytes = 4 << 30
    /// What the file system can hold beside its own.
    private static let contentBytes: UInt64 = 11 << 28

    /// Raw images.
    let first: String
    let second: String
    private let directory: TemporaryDirectory

    /// It takes root and /dev/fuse.
    init(below parent: String) async throws {
        directory = try TemporaryDirectory(below: parent)
        (first, second) = (directory.file("1.raw"), directory.file("2.raw"))
        let files = try Self.files()
        guard FileManager.default.createFile(atPath: first, contents: nil), truncate(first, Self.diskBytes) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        _ = try await Subprocess.run("mkntfs", ["-F", "-Q", "-q", first]).successful()
        let list = directory.file("files")
        try files.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        try await mounted(first) { mountPoint in
            try await Self.shell("tar -C /usr -cf - -T '\(list)' | tar -C '\(mountPoint)' --no-same-owner -xf -")
        }
        _ = try await Subprocess.run("cp", ["--sparse=always", first, second]).successful()
        try await mounted(second) { mountPoint in
            for file in stride(from: 0, to: files.count, by: 20).map({ files[$0] }) {
                let path = URL(filePath: mountPoint + "/" + file)
                // Of the same size and as hard to pack, and nowhere the same.
                try Data(Data(contentsOf: path).reversed()).write(to: path, options: .atomic)
            }
        }
    }

    /// Those of /usr that fit, relative to it.
    private static func files() throws -> [String] {
        let keys: Set<URLResourceKey> = [.isRegularFileKey, .fileSizeKey]
        let root = URL(filePath: "/usr")
        var found: [(path: String, bytes: UInt64)] = []
        let everything = FileManager.default.enumerator(at: root, includingPropertiesForKeys: Array(keys))
        for case let file as URL in everything ?? .init() {
            let values = try file.resourceValues(forKeys: keys)
            guard values.isRegularFile == true, let size = values.fileSize else { continue }
            found.append((String(file.path.dropFirst("/usr/".count)), UInt64(size)))
        }
        var left = contentBytes
        return found.sorted { $0.path < $1.path }.filter { file in
            // A file takes whole clusters, and a record.
            let bytes = file.bytes + 5 << 10
            guard bytes <= left else { return false }
            left -= bytes
            return true
        }.map(\.path)
    }

    private func mounted(_ image: String, _ body: (_ mountPoint: String) async throws -> Void) async throws {
        let mountPoint = directory.file("mounted")
        try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
        _ = try await Subprocess.run("ntfs-3g", ["-o", "noatime,big_writes", image, mountPoint]).successful()
        do {
            try await body(mountPoint)
        } catch {
            _ = try? await Subprocess.run("umount", [mountPoint])
            throw error
        }
        // It returns when all is written.
        _ = try await Subprocess.run("umount", [mountPoint], timeout: .seconds(120)).successful()
    }

    private static func shell(_ command: String) async throws {
        _ = try await Subprocess.run("bash", ["-o", "pipefail", "-c", command], timeout: .seconds(600)).successful()
    }
}
