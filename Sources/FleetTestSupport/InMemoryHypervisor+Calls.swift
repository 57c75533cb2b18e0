import FleetModel
import FoundationEssentials
import Hypervisor

extension InMemoryHypervisor {
    public func information() async throws(HypervisorError) -> HypervisorInformation {
        try call(.information) { _ in
            HypervisorInformation(
                uri: "memory:///", libvirtVersion: "9.0.0", hypervisorVersion: "7.2.0", hostname: "in-memory")
        }
    }

    public func domains() async throws(HypervisorError) -> [Domain] { try call(.domains) { try Self.list($0) } }

    public func domain(_ id: VMID) async throws(HypervisorError) -> Domain {
        try call(.domain) { try Self.describe(id, try Self.find(id, "look up", in: $0), in: $0) }
    }

    public func definition(of id: VMID) async throws(HypervisorError) -> String {
        try call(.definition) { try Self.find(id, "read the definition of", in: $0).xml }
    }

    public func liveDefinition(of id: VMID) async throws(HypervisorError) -> String {
        try call(.liveDefinition) { state in
            let domain = try Self.find(id, "read the definition of", in: state)
            guard domain.running, let devices = domain.usbDevices else { return domain.xml }
            let others = domain.xml.replacing(/<hostdev[^>]*type=["']usb(?s:.*?)<\/hostdev>/, with: "")
            return others.replacing("</devices>", with: devices.joined() + "</devices>")
        }
    }

    public func define(_ xml: String) async throws(HypervisorError) -> Domain {
        try call(.define) { state in
            let definition = try DomainDefinition(xml: xml)
            for (id, domain) in state.domains where id != definition.id {
                if try DomainDefinition(xml: domain.xml).name == definition.name {
                    throw HypervisorError(
                        .alreadyExists, operation: "define", object: definition.name,
                        message: "domain '\(definition.name)' already exists with uuid \(id)")
                }
            }
            let known = state.domains[definition.id]
            if let name = try known.map({ try DomainDefinition(xml: $0.xml).name }), name != definition.name {
                throw HypervisorError(
                    .failed, operation: "define", object: definition.name,
                    message: "domain '\(name)' is already defined with uuid \(definition.id)")
            }
            var domain = known ?? StoredDomain(xml: xml)
            domain.xml = xml
            try self.store(domain, definition.id, in: &state)
            self.emit(definition.id, definition.name, "defined", known == nil ? "added" : "updated")
            return try Self.describe(definition.id, domain, in: state)
        }
    }

    public func rename(_ id: VMID, _ name: String) async throws(HypervisorError) {
        try call(.rename) { state in
            var domain = try Self.find(id, "rename", in: state)
            let definition = try DomainDefinition(xml: domain.xml)
            for (other, stored) in state.domains where other != id {
                if try DomainDefinition(xml: stored.xml).name == name {
                    throw HypervisorError(
                        .alreadyExists, operation: "rename", object: definition.name,
                        message: "domain with name '\(name)' already exists")
                }
            }
            guard !domain.running, !domain.managedSave, domain.foreignSnapshots.isEmpty else {
                throw Self.invalidState("rename", definition, "cannot rename it while it is active or saved")
            }
            domain.xml.replace("<name>\(definition.name)</name>", with: "<name>\(name)</name>", maxReplacements: 1)
            try self.store(domain, id, in: &state)
            self.emit(id, definition.name, "undefined", "renamed")
            self.emit(id, name, "defined", "renamed")
        }
    }

    public func setAutostart(_ id: VMID, _ on: Bool) async throws(HypervisorError) {
        try call(.autostart) { state in
            var domain = try Self.find(id, "set the autostart of", in: state)
            domain.autostart = on
            try self.store(domain, id, in: &state)
        }
    }

    public func start(_ id: VMID) async throws(HypervisorError) {
        try call(.start) { state in
            var domain = try Self.find(id, "start", in: state)
            let definition = try DomainDefinition(xml: domain.xml)
            guard !domain.running else { throw Self.invalidState("start", definition, "domain is already running") }
            try self.prepareFiles(of: definition)
            domain.running = true
            domain.usbDevices = definition.usbDevices.compactMap { wanted in
                state.usbDevices.first { $0.id == wanted.id }.map(Self.element)
            }
            domain.placement = definition.placement
            domain.managedSave = false
            try self.store(domain, id, in: &state)
            self.emit(id, definition.name, "started", "booted")
            if definition.guestAgent != nil, state.guests[id, default: Guest()].agentAnswers {
                self.events.send(.guestAgent(id, name: definition.name, connected: true, reason: "channel"))
            }
        }
    }

    public func shutdown(_ id: VMID) async throws(HypervisorError) {
        try call(.shutdown) { state in
            try Self.requireRunning(id, "shut down", in: state)
            if state.guests[id, default: Guest()].obeysShutdown { try self.stop(id, detail: "shutdown", in: &state) }
        }
    }

    public func destroy(_ id: VMID) async throws(HypervisorError) {
        try call(.destroy) { state in
            try Self.requireRunning(id, "power off", in: state)
            try self.stop(id, detail: "destroyed", in: &state)
        }
    }

    public func reboot(_ id: VMID) async throws(HypervisorError) { try restart(id, .reboot) }

    public func reset(_ id: VMID) async throws(HypervisorError) { try restart(id, .reset) }

    private func restart(_ id: VMID, _ operation: Operation) throws(HypervisorError) {
        try call(operation) { state in
            try Self.requireRunning(id, operation.rawValue, in: state)
            let definition = try DomainDefinition(xml: Self.find(id, operation.rawValue, in: state).xml)
            self.events.send(.reboot(id, name: definition.name))
        }
    }

    public func suspend(_ id: VMID) async throws(HypervisorError) {
        while state.withLock({ $0.guests[id]?.hangs == true }) { try? await Task.sleep(for: .milliseconds(5)) }
        try call(.suspend) { try self.setPaused(true, id, "suspend", event: ("suspended", "paused"), in: &$0) }
    }

    public func resume(_ id: VMID) async throws(HypervisorError) {
        try call(.resume) { try self.setPaused(false, id, "resume", event: ("resumed", "unpaused"), in: &$0) }
        while state.withLock({ $0.guests[id]?.resumesSilently == true }) {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    public func save(_ id: VMID) async throws(HypervisorError) {
        try call(.save) { state in
            try Self.requireRunning(id, "save", in: state)
            try self.stop(id, detail: "saved", in: &state)
            var domain = try Self.find(id, "save", in: state)
            domain.managedSave = true
            try self.store(domain, id, in: &state)
        }
    }

    public func setTime(_ id: VMID, within limit: Duration) async throws(HypervisorError) {
        try call(.setTime) { state in
            try Self.requireRunning(id, "set the time of", in: state)
            guard state.guests[id, default: Guest()].agentAnswers else {
                throw HypervisorError(
                    .timeout, operation: "set the time of", object: id.description,
                    message: "Guest agent is not responding")
            }
        }
    }

    /// What is so already is refused, as libvirt does.
    private func setPaused(
        _ paused: Bool, _ id: VMID, _ operation: String, event: (String, String), in state: inout State
    ) throws {
        try Self.requireRunning(id, operation, in: state)
        var domain = try Self.find(id, operation, in: state)
        let definition = try DomainDefinition(xml: domain.xml)
        if domain.paused == paused {
            // Suspending twice does nothing.
            if paused { return }
            throw Self.invalidState(operation, definition, "domain is already running")
        }
        domain.paused = paused
        try store(domain, id, in: &state)
        emit(id, definition.name, event.0, event.1)
    }

    public func pin(_ id: VMID, to processors: VMPlacement.Processors) async throws(HypervisorError) {
        try call(.pin) { state in
            try self.change(id, "pin", in: &state) { now in
                now.vcpus = processors.vcpus
                now.emulator = processors.emulator
                now.ioThreads = processors.ioThreads
                now.ownsCores = processors.vcpus.allSatisfy { $0.threads.count == 1 }
            }
        }
    }

    public func setWeight(_ id: VMID, _ weight: Int) async throws(HypervisorError) {
        try call(.weight) { state in
            try self.change(id, "set the weight of", in: &state) { $0.weight = weight }
        }
    }

    private func change(
        _ id: VMID, _ operation: String, in state: inout State, _ change: (inout VMPlacement.Processors) -> Void
    ) throws {
        try Self.requireRunning(id, operation, in: state)
        var domain = try Self.find(id, operation, in: state)
        if var placement = domain.placement {
            change(&placement.processors)
            domain.placement = placement
        }
        try store(domain, id, in: &state)
    }

    public func undefine(_ id: VMID) async throws(HypervisorError) {
        try call(.undefine) { state in
            let domain = try Self.find(id, "undefine", in: state)
            guard !domain.running else {
                throw Self.invalidState(
                    "undefine", try DomainDefinition(xml: domain.xml), "this hypervisor has no transient domains")
            }
            try self.remove(id, in: &state)
        }
    }

    public func guestAgentAnswers(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> Bool {
        try call(.guestAgentAnswers) { state in
            try Self.requireRunning(id, "ask the guest agent of", in: state)
            return state.guests[id, default: Guest()].agentAnswers
        }
    }

    public func guestInformation(
        _ id: VMID, within limit: Duration
    ) async throws(HypervisorError) -> GuestInformation {
        try call(.guestInformation) { state in
            try Self.requireRunning(id, "ask the guest agent of", in: state)
            return state.guests[id, default: Guest()].information
        }
    }

    public func startProgram(
        _ id: VMID, _ path: String, _ arguments: [String], within limit: Duration
    ) async throws(HypervisorError) -> Int {
        try call(.startProgram) { state in
            try Self.requireAgent(id, in: state)
            guard let program = state.guests[id, default: Guest()].run(path, arguments) else {
                throw HypervisorError(
                    .failed, operation: "ask the guest agent of", object: id.description,
                    message: "Guest agent command failed, error was 'Failed to execute child process \(path)'")
            }
            state.programs.append(program)
            return state.programs.count
        }
    }

    public func program(
        _ id: VMID, _ process: Int, within limit: Duration
    ) async throws(HypervisorError) -> GuestProgram {
        try call(.program) { state in
            try Self.requireAgent(id, in: state)
            guard state.programs.indices.contains(process - 1) else {
                throw HypervisorError(
                    .failed, operation: "ask the guest agent of", object: id.description,
                    message: "Guest agent command failed, error was 'Invalid parameter 'pid''")
            }
            return state.programs[process - 1]
        }
    }

    private static func requireAgent(_ id: VMID, in state: State) throws {
        try requireRunning(id, "ask the guest agent of", in: state)
        guard state.guests[id, default: Guest()].agentAnswers else {
            throw HypervisorError(
                .timeout, operation: "ask the guest agent of", object: id.description,
                message: "Guest agent is not responding")
        }
    }

    public func statistics() async throws(HypervisorError) -> [DomainStatistics] {
        try call(.statistics) { state in
            try state.domains.map { id, domain in
                let definition = try DomainDefinition(xml: domain.xml)
                let values = state.statistics[id] ?? Self.statistics(of: definition, running: domain.running)
                return DomainStatistics(id: id, name: definition.name, values: values)
            }
        }
    }

    public func storagePools() async throws(HypervisorError) -> [StoragePool] {
        try call(.storagePools) { $0.storagePools }
    }

    public func networks() async throws(HypervisorError) -> [String] { try call(.networks) { $0.networks } }

    /// Counts the call, lets it fail when a test wants that, and does it otherwise.
    func call<Result: Sendable>(
        _ operation: Operation, _ body: (inout State) throws -> Result
    ) throws(HypervisorError) -> Result {
        do {
            return try state.withLock { state in
                state.calls[operation, default: 0] += 1
                let disconnected = HypervisorError(
                    .disconnected, operation: operation.rawValue, object: "memory:///", message: "not connected")
                guard state.connected else { throw disconnected }
                if let loss = state.loss {
                    state.loss =
                        loss.answered > 0 ? Loss(answered: loss.answered - 1, takesEffect: loss.takesEffect) : nil
                    if loss.answered == 0 {
                        if loss.takesEffect { _ = try body(&state) }
                        throw disconnected
                    }
                }
                if let failure = state.failures[operation]?.first {
                    state.failures[operation]?.removeFirst()
                    throw failure
                }
                return try body(&state)
            }
        } catch let error as HypervisorError {
            throw error
        } catch {
            throw HypervisorError(.failed, operation: operation.rawValue, object: directory, message: "\(error)")
        }
    }
}
