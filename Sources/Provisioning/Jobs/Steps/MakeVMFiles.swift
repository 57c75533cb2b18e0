import FleetRuntime

/// A new VM's directory, which QEMU's user can pass through, and the files in it. They do not need each other and none is of use
/// alone, so that they are made side by side under one intent and get their names together.
struct MakeVMFiles: JobStep {
    let directory: VMDirectory
    let files: [any FileStep]
    let host: JobHost
    let name = "files"

    func probe() async throws -> StepProbe {
        guard await host.onFiles({ DurableFile.exists(directory.path) }) else { return .absent }
        for file in files where try await file.probe() != .done { return .absent }
        return .done
    }

    func apply() async throws { try await apply(StepWork()) }

    func apply(_ work: StepWork) async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.makeDirectory(directory.path, mode: 0o711)
        }
        let made = try await withThrowingTaskGroup { group in
            for file in files { group.addTask { try await Self.finish(file, work) ? file : nil } }
            return try await group.reduce(into: [any FileStep]()) { made, file in
                if let file { made.append(file) }
            }
        }.map { (path: $0.part, target: $0.path) }
        try await host.onFiles { () throws(FileError) in try DurableFile.rename(made, in: directory.path) }
    }

    /// What is whole stays, and what is there in part is made anew.
    /// - Returns: whether it is to be given its name.
    private static func finish(_ file: any FileStep, _ work: StepWork) async throws -> Bool {
        switch try await file.probe() {
        case .done: return false
        case .partial: try await file.undo()
        case .absent: break
        }
        try await file.finish(work)
        return true
    }

    func undo() async throws {
        for file in files.reversed() { try await file.undo() }
        try await RemoveVMFiles(directory: directory, host: host).apply()
    }
}
