import FleetModel
import FleetRuntime
import FoundationEssentials
import Signing

/// A directory that holds a whole VM by itself: disks with nothing below them, UEFI variables, TPM state, seed disc and
/// definition. With a manifest it is an export.
struct VMExport: Codable, Equatable, Sendable {
    let path: String
    /// What the VM is beside its disks.
    var state: KeptState { KeptState(path: path) }
    var seed: String { path + "/seed.iso" }
    func disk(_ target: String) -> String { "\(path)/\(target).qcow2" }
}

/// What makes a directory an export; written last, as a whole. It names every file by its content.
struct ExportManifest: Codable, Equatable, Sendable {
    var id: JobID
    var vm: VMID
    var name: String
    var createdAt: Date
    var consistency: VMSnapshot.Consistency
    /// The targets of its disks.
    var disks: [String]
    /// Disks of the VM that are not in it.
    var notHeld: [VMSnapshot.LeftOutDisk]
    /// By their paths in the directory.
    var files: [String: FileReference]

    var sizeBytes: UInt64 { files.values.map(\.sizeBytes).reduce(0, +) }

    /// - Throws: `JobProblem` unless the manifest is there and its content is what the digest says.
    static func read(_ export: VMExport, digest: Digest) throws -> ExportManifest {
        let (manifest, found) = try read(export)
        guard found == digest else { throw damaged(export.state.manifest) }
        return manifest
    }

    /// - Returns: with the digest of what was read.
    static func read(_ export: VMExport) throws -> (ExportManifest, Digest) {
        let path = export.state.manifest
        guard DurableFile.exists(path) else {
            throw JobProblem(
                "no-export",
                "there is no export in \(export.path): bring the directory here from the host that made it, under that name"
            )
        }
        let bytes = try DurableFile.bytes(of: path)
        do {
            return (try FleetJSON.decode(Self.self, from: Data(bytes)), SHA256Hasher.digest(of: bytes))
        } catch {
            throw JobProblem("export-damaged", "the export's manifest \(path) cannot be read: \(error)")
        }
    }

    static func damaged(_ path: String) -> JobProblem {
        JobProblem(
            "export-damaged",
            "\(path) is not what the export was made with: a copy of it was damaged or changed; bring it here anew")
    }
}

extension VMExport {
    /// The paths of all files below the directory but the manifest, from there, sorted.
    func contents() throws(FileError) -> [String] {
        try Self.files(below: path).filter { path + "/\($0)" != state.manifest }
    }

    private static func files(below directory: String) throws(FileError) -> [String] {
        var paths: [String] = []
        for name in try DurableFile.entries(of: directory).sorted() {
            let path = "\(directory)/\(name)"
            paths += DurableFile.isDirectory(path) ? try files(below: path).map { "\(name)/\($0)" } : [name]
        }
        return paths
    }
}

extension JobHost {
    func export(of job: JobID) -> VMExport { VMExport(path: "\(exportDirectory)/\(job)") }

    /// The content of an export's files.
    /// - Parameter size: of all of them, for the progress.
    func references(
        of paths: [String], in export: VMExport, size: UInt64, _ work: StepWork
    ) async throws -> [String: FileReference] {
        var references: [String: FileReference] = [:]
        var done: UInt64 = 0
        for path in paths {
            let file = try await FileDigest().compute("\(export.path)/\(path)") { [done] read in
                work.progress("checking \(path)", 100 * Double(done + read) / Double(max(size, 1)))
            }
            references[path] = file
            done += file.sizeBytes
            if await work.isCancelled() { throw JobProblem.cancelled }
        }
        return references
    }
}
