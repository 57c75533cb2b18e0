import FleetModel
import FleetRuntime
import Glibc
import Subprocess

/// A file that is made beside its name and gets it only when it is whole.
protocol FileStep: JobStep {
    var path: String { get }
    var host: JobHost { get }
    /// Gives `part` its content, which need not be synced.
    func make(_ work: StepWork) async throws
}

extension FileStep {
    var part: String { path + ".part" }

    func probe() async throws -> StepProbe {
        await host.onFiles { DurableFile.exists(path) ? .done : DurableFile.exists(part) ? .partial : .absent }
    }

    func apply() async throws { try await apply(StepWork()) }

    func apply(_ work: StepWork) async throws {
        try await finish(work)
        try await host.onFiles { () throws(FileError) in try DurableFile.rename(part, to: path) }
    }

    /// Makes the file, synced, but for its name.
    func finish(_ work: StepWork) async throws {
        try await make(work)
        try await host.onFiles { () throws(FileError) in try DurableFile.finish(part, mode: 0o600) }
    }

    func undo() async throws { try await removeFile() }

    func removeFile() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.remove(part)
            try DurableFile.remove(path)
        }
    }
}

/// A disk's file.
struct MakeDisk: FileStep {
    let name: String
    let path: String
    let host: JobHost
    private let content: @Sendable (_ part: String, _ work: StepWork) async throws -> Void

    /// A qcow2 file that has another one below it.
    static func overlay(
        at path: String, on base: String, format: String, host: JobHost, name: String
    ) -> MakeDisk {
        MakeDisk(name: name, path: path, host: host) { part, _ in
            try await run(["create", "-q", "-f", "qcow2", "-F", format, "-b", base, part])
        }
    }

    /// A copy that shares the blocks of the original.
    static func reflink(at path: String, of base: String, host: JobHost, name: String) -> MakeDisk {
        MakeDisk(name: name, path: path, host: host) { part, _ in
            try await host.onFiles { () throws(FileError) in try DurableFile.reflink(base, to: part) }
        }
    }

    /// A whole copy, as qcow2 whatever the original is, since snapshots need that.
    static func copy(at path: String, of base: String, format: String, host: JobHost, name: String) -> MakeDisk {
        MakeDisk(name: name, path: path, host: host) { part, work in
            try await DiskCopy(source: base, format: format, target: part).make(work, time: host.time)
        }
    }

    static func empty(at path: String, gibibytes: Int, host: JobHost) -> MakeDisk {
        MakeDisk(name: "data disk", path: path, host: host) { part, _ in
            try await run(["create", "-q", "-f", "qcow2", part, "\(gibibytes)G"])
        }
    }

    private static func run(_ arguments: [String]) async throws {
        _ = try await Subprocess.run("qemu-img", arguments, limits: DiskLayer.limits).successful()
    }

    private init(
        name: String, path: String, host: JobHost,
        content: @escaping @Sendable (_ part: String, _ work: StepWork) async throws -> Void
    ) {
        self.name = name
        self.path = path
        self.host = host
        self.content = content
    }

    func make(_ work: StepWork) async throws { try await content(part, work) }
}

/// A copy of a small file.
struct CopyFile: FileStep {
    let name: String
    let source: String
    let path: String
    let host: JobHost

    func make(_ work: StepWork) async throws {
        try await host.onFiles { () throws(FileError) in try DurableFile.copyContent(of: source, to: part) }
    }
}

/// Removes what virtfleet made for one VM, and the directory unless somebody else has put something there.
struct RemoveVMFiles: JobStep {
    let directory: VMDirectory
    let host: JobHost
    let name = "files"

    func probe() async -> StepProbe {
        await host.onFiles {
            (directory.ownFiles + directory.ownDirectories.filter(isEmptyDirectory)).contains(where: DurableFile.exists)
                ? .absent : .done
        }
    }

    func apply() async throws {
        try await host.onFiles { () throws(FileError) in
            let directories = directory.ownDirectories
            for file in directory.ownFiles { try DurableFile.removeTree(file) }
            for directory in directories where isEmptyDirectory(directory) { try DurableFile.remove(directory) }
        }
    }

    /// What is left in the directory, made by somebody else.
    func foreignFiles() async -> [String] {
        await host.onFiles { (try? DurableFile.entries(of: directory.path)) ?? [] }
    }

    private func isEmptyDirectory(_ path: String) -> Bool { (try? DurableFile.entries(of: path))?.isEmpty == true }
}
