import FleetModel
import FoundationEssentials
import Hypervisor

extension InMemoryHypervisor {
    static func list(_ state: State) throws -> [Domain] {
        try state.domains.map { try describe($0.key, $0.value, in: state) }.sorted { $0.name < $1.name }
    }

    static func describe(_ id: VMID, _ domain: StoredDomain, in state: State) throws -> Domain {
        let definition = try DomainDefinition(xml: domain.xml)
        return Domain(
            id: id, name: definition.name, state: !domain.running ? .shutoff : domain.paused ? .paused : .running,
            memoryBytes: definition.memoryBytes, vcpus: definition.vcpus, autostart: domain.autostart,
            guestAgent: definition.guestAgent.map { _ in
                domain.running && state.guests[id, default: Guest()].agentAnswers
            },
            origin: definition.origin, hostDevices: definition.hostDevices, mediatedDevices: definition.mediatedDevices,
            demand: definition.demand, power: definition.power,
            placement: domain.running ? domain.placement : definition.placement,
            isRestless: definition.isRestless, genID: definition.genID, macAddresses: definition.macs,
            startsWithHost: definition.startsWithHost)
    }

    static func find(_ id: VMID, _ operation: String, in state: State) throws -> StoredDomain {
        guard let domain = state.domains[id] else {
            throw HypervisorError(
                .noSuchDomain, operation: operation, object: id.description,
                message: "Domain not found: no domain with matching uuid '\(id)'")
        }
        return domain
    }

    static func requireRunning(_ id: VMID, _ operation: String, in state: State) throws {
        let domain = try find(id, operation, in: state)
        guard domain.running else {
            throw invalidState(operation, try DomainDefinition(xml: domain.xml), "domain is not running")
        }
    }

    static func invalidState(_ operation: String, _ definition: DomainDefinition, _ reason: String) -> HypervisorError {
        HypervisorError(
            .invalidState, operation: operation, object: definition.name,
            message: "Requested operation is not valid: \(reason)")
    }

    /// Copies the NVRAM template and makes a TPM at the first start; a disk whose file is missing keeps the domain from
    /// starting.
    func prepareFiles(of definition: DomainDefinition) throws {
        for file in definition.disks.compactMap(\.file) where !FileManager.default.fileExists(atPath: file) {
            throw HypervisorError(
                .failed, operation: "start", object: definition.name,
                message: "Cannot access storage file '\(file)': No such file or directory")
        }
        if definition.hasEmulatedTPM, let path = tpmStateDirectory(of: definition.id),
            !FileManager.default.fileExists(atPath: path)
        {
            try FileManager.default.createDirectory(atPath: "\(path)/tpm2", withIntermediateDirectories: true)
            try Data("made for \(definition.id)".utf8).write(to: URL(filePath: "\(path)/tpm2/tpm2-00.permall"))
        }
        guard let path = definition.nvramPath, !FileManager.default.fileExists(atPath: path),
            let template = definition.nvramTemplatePath
        else { return }
        try FileManager.default.copyItem(atPath: template, toPath: path)
    }

    static func statistics(of definition: DomainDefinition, running: Bool) -> [String: DomainStatistics.Value] {
        var values: [String: DomainStatistics.Value] = [
            "state.state": .integer(running ? 1 : 5), "vcpu.current": .unsigned(UInt64(definition.vcpus)),
            "balloon.maximum": .unsigned(definition.memoryBytes / 1024),
        ]
        if running {
            values["cpu.time"] = .unsigned(1_000_000_000)
            values["balloon.current"] = .unsigned(definition.memoryBytes / 1024)
        }
        return values
    }

    func store(_ domain: StoredDomain, _ id: VMID, in state: inout State) throws {
        try JSONEncoder().encode(domain).write(to: URL(filePath: file(of: id)), options: .atomic)
        state.domains[id] = domain
    }

    func stop(_ id: VMID, detail: String, in state: inout State) throws {
        guard var domain = state.domains[id] else { return }
        domain.running = false
        domain.usbDevices = nil
        domain.paused = false
        domain.frozen = false
        domain.memory = nil
        domain.blockJobs = [:]
        try store(domain, id, in: &state)
        emit(id, try DomainDefinition(xml: domain.xml).name, "stopped", detail)
    }

    /// Undefines a domain; its NVRAM and TPM go along.
    func remove(_ id: VMID, in state: inout State) throws {
        guard let domain = state.domains.removeValue(forKey: id) else { return }
        let definition = try DomainDefinition(xml: domain.xml)
        for path in [definition.nvramPath, tpmStateDirectory(of: id)].compactMap(\.self) {
            try? FileManager.default.removeItem(atPath: path)
        }
        try FileManager.default.removeItem(atPath: file(of: id))
        emit(id, definition.name, "undefined", "removed")
    }

    func emit(_ id: VMID, _ name: String, _ event: String, _ detail: String) {
        events.send(.lifecycle(id, name: name, event: event, detail: detail))
    }

    private func file(of id: VMID) -> String { "\(directory)/\(id).json" }
}
