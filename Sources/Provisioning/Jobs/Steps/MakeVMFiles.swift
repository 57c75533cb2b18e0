/// A new VM's directory and the files in it. They do not need each other and none is of use alone, so that they are made side by
/// side under one intent.
struct MakeVMFiles: JobStep {
    let directory: MakeVMDirectory
    let files: [any JobStep]
    let name = "files"

    func probe() async throws -> StepProbe {
        for step in [directory] + files where try await step.probe() != .done { return .absent }
        return .done
    }

    func apply() async throws { try await apply(StepWork()) }

    func apply(_ work: StepWork) async throws {
        try await Self.make(directory, work)
        try await withThrowingDiscardingTaskGroup { group in
            for file in files { group.addTask { try await Self.make(file, work) } }
        }
    }

    /// What is whole stays, and what is there in part is made anew.
    private static func make(_ step: any JobStep, _ work: StepWork) async throws {
        switch try await step.probe() {
        case .done: return
        case .partial: try await step.undo()
        case .absent: break
        }
        try await step.apply(work)
    }

    func undo() async throws {
        for file in files.reversed() { try await file.undo() }
        try await directory.undo()
    }
}
