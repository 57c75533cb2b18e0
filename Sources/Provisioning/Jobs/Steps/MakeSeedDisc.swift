import FleetModel
import FleetRuntime
import Subprocess

/// The disc with which a guest learns who it is: ISO 9660 with the names of Rock Ridge (for Linux) and Joliet (for Windows).
/// It appears under its name only when it is whole.
struct MakeSeedDisc: JobStep {
    let content: SeedContent
    let directory: VMDirectory
    let host: JobHost
    let name = "seed disc"

    private var part: String { directory.seed + ".part" }

    func probe() async -> StepProbe {
        let begun = [part, directory.seedFiles]
        return await host.onFiles {
            DurableFile.exists(directory.seed) ? .done : begun.contains(where: DurableFile.exists) ? .partial : .absent
        }
    }

    func apply() async throws {
        let files = directory.seedFiles
        try await host.onFiles { () throws(FileError) in
            try DurableFile.makeDirectory(files, mode: 0o700)
            for (name, text) in content.files {
                try DurableFile.replace("\(files)/\(name)", with: Array(text.utf8), mode: 0o600)
            }
        }
        _ = try await Subprocess.run(
            "xorriso",
            [
                "-no_rc", "-as", "mkisofs", "-quiet", "-V", SeedContent.volumeLabel, "-J", "-r", "-o", part, files,
            ]
        ).successful()
        try await host.onFiles { () throws(FileError) in
            try DurableFile.removeTree(files)
            try DurableFile.publish(part, as: directory.seed, mode: 0o600)
        }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.removeTree(directory.seedFiles)
            try DurableFile.remove(part)
            try DurableFile.remove(directory.seed)
        }
    }
}
