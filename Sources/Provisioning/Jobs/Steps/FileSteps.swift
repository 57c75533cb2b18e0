import FleetModel
import FleetRuntime
import Glibc
import Subprocess

/// A directory for one VM, which QEMU's user can pass through.
struct MakeVMDirectory: JobStep {
    let directory: VMDirectory
    let host: JobHost
    let name = "directory"

    func probe() async -> StepProbe {
        await host.onFiles { DurableFile.exists(directory.path) } ? .done : .absent
    }

    func apply() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.makeDirectory(directory.path, mode: 0o711)
        }
    }

    func undo() async throws {
        try await RemoveVMFiles(directory: directory, host: host).apply()
    }
}

/// The VM's disk: an overlay that holds what differs from the read-only base.
struct MakeOverlay: JobStep {
    let path: String
    let base: String
    let baseFormat: String
    let host: JobHost
    var name = "overlay"

    private var part: String { path + ".part" }

    func probe() async -> StepProbe {
        await host.onFiles {
            DurableFile.exists(path) ? .done : DurableFile.exists(part) ? .partial : .absent
        }
    }

    func apply() async throws {
        _ = try await Subprocess.run(
            "qemu-img", ["create", "-q", "-f", "qcow2", "-F", baseFormat, "-b", base, part],
            limits: DiskLayer.limits
        ).successful()
        try await host.onFiles { () throws(FileError) in try DurableFile.publish(part, as: path, mode: 0o600) }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.remove(part)
            try DurableFile.remove(path)
        }
    }
}

/// An empty disk.
struct MakeDataDisk: JobStep {
    let path: String
    let gibibytes: Int
    let host: JobHost
    let name = "data disk"

    private var part: String { path + ".part" }

    func probe() async -> StepProbe {
        await host.onFiles { DurableFile.exists(path) ? .done : DurableFile.exists(part) ? .partial : .absent }
    }

    func apply() async throws {
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", part, "\(gibibytes)G"]).successful()
        try await host.onFiles { () throws(FileError) in try DurableFile.publish(part, as: path, mode: 0o600) }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.remove(part)
            try DurableFile.remove(path)
        }
    }
}

/// The VM's own UEFI variable store, empty as the firmware's makers deliver it.
struct CopyVariables: JobStep {
    let template: String
    let path: String
    let host: JobHost
    let name = "firmware variables"

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(path) } ? .done : .absent }

    func apply() async throws {
        try await host.onFiles { () throws(FileError) in try DurableFile.copy(template, to: path, mode: 0o600) }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.remove(path + ".part")
            try DurableFile.remove(path)
        }
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
