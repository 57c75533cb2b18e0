import FleetModel
import FleetRuntime
import Subprocess

/// The disc with which a guest learns who it is: ISO 9660 with the names of Rock Ridge (for Linux) and Joliet (for Windows).
struct MakeSeedDisc: FileStep {
    let content: SeedContent
    let directory: VMDirectory
    let host: JobHost
    let name = "seed disc"

    var path: String { directory.seed }

    func probe() async -> StepProbe {
        let begun = [part, directory.seedFiles]
        return await host.onFiles {
            DurableFile.exists(directory.seed) ? .done : begun.contains(where: DurableFile.exists) ? .partial : .absent
        }
    }

    func make(_ work: StepWork) async throws {
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
        try await host.onFiles { () throws(FileError) in try DurableFile.removeTree(files) }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in try DurableFile.removeTree(directory.seedFiles) }
        try await removeFile()
    }
}
