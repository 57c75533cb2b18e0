import FleetModel
import FoundationEssentials
import Hypervisor
import Subprocess

/// The layers of disks: real qcow2 files, which qemu-img changes as QEMU would.
extension InMemoryHypervisor {
    public func freeze(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> Int {
        try call(.freeze) { state in
            try self.setFrozen(true, id, "freeze", in: &state)
            switch state.guests[id, default: Guest()].canFreeze {
            case true: return state.guests[id, default: Guest()].fileSystems
            case false: throw Self.refusal("freeze", "the guest agent has no command guest-fsfreeze-freeze")
            default:
                throw HypervisorError(
                    .timeout, operation: "freeze", object: id.description, message: "Guest agent is not responding")
            }
        }
    }

    public func thaw(_ id: VMID, within limit: Duration) async throws(HypervisorError) {
        try call(.thaw) { try self.setFrozen(false, id, "thaw", in: &$0) }
    }

    private func setFrozen(_ frozen: Bool, _ id: VMID, _ operation: String, in state: inout State) throws {
        try Self.requireRunning(id, operation, in: state)
        guard state.guests[id, default: Guest()].agentAnswers else {
            throw HypervisorError(
                .timeout, operation: operation, object: id.description, message: "Guest agent is not responding")
        }
        var domain = try Self.find(id, operation, in: state)
        domain.frozen = frozen
        try store(domain, id, in: &state)
    }

    public func overlayDisks(
        _ id: VMID, _ overlays: [String: String], memory: String?
    ) async throws(HypervisorError) {
        let disks = try call(.overlayDisks) { state in
            try Self.requireRunning(id, "overlay", in: state)
            let domain = try Self.find(id, "overlay", in: state)
            let definition = try DomainDefinition(xml: domain.xml)
            if let memory {
                if let obstacle = definition.memoryObstacle { throw Self.refusal("save", obstacle) }
                try JSONEncoder().encode(KeptMemory(xml: domain.xml, memory: domain.memory))
                    .write(to: URL(filePath: memory))
            }
            return definition.disks
        }
        for disk in disks {
            guard let overlay = overlays[disk.target], let file = disk.file else { continue }
            guard !FileManager.default.fileExists(atPath: overlay) else {
                throw Self.refusal("overlay", "'\(overlay)' already exists")
            }
            try await qemuImage("create", "-f", "qcow2", "-F", disk.format, "-b", file, overlay)
        }
        try edit(id, DomainEdit(files: overlays))
    }

    /// A guest's memory in a file, with the definition that it ran by.
    private struct KeptMemory: Codable {
        var xml: String
        var memory: String?
    }

    public func restore(_ id: VMID, from memory: String, _ edit: DomainEdit) async throws(HypervisorError) {
        try call(.restore) { state in
            var domain = try Self.find(id, "restore", in: state)
            let persistent = try DomainDefinition(xml: domain.xml)
            guard !domain.running else { throw Self.invalidState("restore", persistent, "domain is already running") }
            let kept = try JSONDecoder().decode(KeptMemory.self, from: Data(contentsOf: URL(filePath: memory)))
            let definition = try DomainDefinition(xml: edit.applied(to: kept.xml))
            guard definition.name == persistent.name, definition.id == id else {
                throw Self.refusal("restore", "domain is already defined with uuid \(id)")
            }
            try self.prepareFiles(of: definition)
            domain.running = true
            domain.placement = definition.placement
            domain.memory = kept.memory
            try self.store(domain, id, in: &state)
            self.emit(id, definition.name, "started", "restored")
        }
    }

    public func isBusy(_ id: VMID) async throws(HypervisorError) -> Bool {
        try call(.job) { state in
            _ = try Self.find(id, "look at", in: state)
            return false
        }
    }

    public func resizeDisk(_ id: VMID, _ target: String, to bytes: UInt64) async throws(HypervisorError) {
        let file = try call(.resizeDisk) { state in
            try Self.requireRunning(id, "resize", in: state)
            let definition = try DomainDefinition(xml: Self.find(id, "resize", in: state).xml)
            return definition.disks.first { $0.target == target }?.file
        }
        guard let file else { throw Self.refusal("resize", "no disk \(target)") }
        try await qemuImage("resize", "-q", file, "\(bytes)")
    }

    public func startCommit(
        _ id: VMID, disk: String, of layer: String, into base: String
    ) async throws(HypervisorError) {
        let active = try call(.startCommit) { state in
            try Self.requireRunning(id, "commit", in: state)
            let definition = try DomainDefinition(xml: Self.find(id, "commit", in: state).xml)
            return definition.disks.first { $0.target == disk }?.file
        }
        if active == layer {
            return try change(id) { $0.blockJobs[disk] = .commit(base: base) }
        }
        try await qemuImage("commit", "-d", layer)
        guard let active, let index = try await chain(active).firstIndex(of: layer), index > 0 else {
            throw Self.refusal("commit", "\(layer) is no layer of \(disk)")
        }
        try await qemuImage("rebase", "-u", "-F", "qcow2", "-b", base, try await chain(active)[index - 1])
    }

    public func blockJob(_ id: VMID, disk: String) async throws(HypervisorError) -> BlockJob? {
        try call(.blockJob) { state in
            try Self.requireRunning(id, "look at", in: state)
            return try Self.find(id, "look at", in: state).blockJobs[disk].map { _ in
                BlockJob(current: 1, end: 1, isReady: true)
            }
        }
    }

    public func pivot(_ id: VMID, disk: String) async throws(HypervisorError) {
        let (job, active) = try call(.pivot) { state in
            try Self.requireRunning(id, "pivot", in: state)
            let domain = try Self.find(id, "pivot", in: state)
            let file = try DomainDefinition(xml: domain.xml).disks.first { $0.target == disk }?.file
            guard let job = domain.blockJobs[disk], let file else { throw Self.refusal("pivot", "no job is ready") }
            return (job, file)
        }
        switch job {
        case .commit(let base):
            try await qemuImage("commit", "-d", active)
            try edit(id, DomainEdit(files: [disk: base]))
        case .copy(let file):
            try await qemuImage("convert", "-O", "qcow2", active, file)
            try edit(id, DomainEdit(files: [disk: file]))
        }
        try change(id) { $0.blockJobs[disk] = nil }
    }

    public func abortBlockJob(_ id: VMID, disk: String) async throws(HypervisorError) {
        try change(id) { $0.blockJobs[disk] = nil }
    }

    public func startCopy(_ id: VMID, disk: String, to file: String) async throws(HypervisorError) {
        try call(.startCopy) { try Self.requireRunning(id, "copy", in: $0) }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Self.refusal("copy", "'\(file)' already exists")
        }
        // What the guest writes until the pivot is in the copy as well.
        try await qemuImage("create", "-f", "qcow2", file, "1M")
        try change(id) { $0.blockJobs[disk] = .copy(file: file) }
    }

    public func hasManagedSave(_ id: VMID) async throws(HypervisorError) -> Bool {
        try call(.managedSave) { try Self.find(id, "look for the saved memory of", in: $0).managedSave }
    }

    public func removeManagedSave(_ id: VMID) async throws(HypervisorError) {
        try change(id) { $0.managedSave = false }
    }

    public func foreignSnapshots(_ id: VMID) async throws(HypervisorError) -> [String] {
        try call(.foreignSnapshots) { try Self.find(id, "list the snapshots of", in: $0).foreignSnapshots }
    }

    public func tpmStateDirectory(of id: VMID) -> String? { "\(directory)/swtpm/\(id)" }

    private func edit(_ id: VMID, _ edit: DomainEdit) throws(HypervisorError) {
        try change(id) { $0.xml = try edit.applied(to: $0.xml) }
    }

    private func change(_ id: VMID, _ body: (inout StoredDomain) throws -> Void) throws(HypervisorError) {
        try call(.domain) { state in
            var domain = try Self.find(id, "change", in: state)
            try body(&domain)
            try self.store(domain, id, in: &state)
        }
    }

    static func refusal(_ operation: String, _ message: String) -> HypervisorError {
        HypervisorError(.failed, operation: operation, object: "disk", message: message)
    }

    /// The files of a disk, from the one that is written to down to the base.
    private func chain(_ file: String) async throws(HypervisorError) -> [String] {
        struct Layer: Decodable {
            let filename: String
        }
        let text = try await qemuImage("info", "-U", "--backing-chain", "--output=json", file)
        do {
            return try JSONDecoder().decode([Layer].self, from: Data(text.utf8)).map(\.filename)
        } catch {
            throw Self.refusal("info", "\(error)")
        }
    }

    @discardableResult
    private func qemuImage(_ arguments: String...) async throws(HypervisorError) -> String {
        do throws(SubprocessError) {
            return try await Subprocess.run("qemu-img", arguments).successful().text
        } catch {
            throw Self.refusal(arguments[0], error.description)
        }
    }
}
