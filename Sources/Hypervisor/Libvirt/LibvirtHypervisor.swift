import FleetModel
import FleetRuntime
import FoundationEssentials
import Synchronization

/// The hypervisor behind a libvirt URI.
///
/// Three kinds of connection, so that nothing waits for what it need not: one for commands and events, one read-only
/// for statistics, and a short-lived one for each talk with a guest or its QEMU, which may take its whole time limit.
public final class LibvirtHypervisor: Hypervisor {
    public let events = Mailbox<HypervisorEvent>(capacity: 4096)
    private let uri: String
    /// Where swtpm keeps what the TPMs of all domains hold.
    private let tpmStates: String?
    private let control: LibvirtConnection
    private let measuring: LibvirtConnection
    private let time: any TimeSource
    private let logger: Logger
    private let connected = Atomic(false)
    private let supervisor = Mutex<Task<Void, Never>?>(nil)

    /// Starts connecting and keeps at it until `close()`.
    /// - Parameters:
    ///   - uri: `qemu:///system`, or any other that libvirt knows. For `qemu:///embed?root=DIRECTORY` the directory and
    ///     this process's environment are prepared (`EmbeddedRoot`).
    ///   - tpmStates: where libvirt has swtpm keep what TPMs hold, a directory for each domain; nil for where the URI's
    ///     driver does so by itself.
    /// - Throws: `invalidDefinition` for a URI that cannot work, `failed` when the embedded root cannot be prepared.
    public init(
        uri: String, tpmStates: String? = nil, logger: Logger, time: any TimeSource = SystemTimeSource()
    ) throws(HypervisorError) {
        let embedded = try EmbeddedRoot(uri: uri)
        try embedded?.prepare()
        self.uri = uri
        self.tpmStates = tpmStates ?? embedded?.tpmStates ?? Self.tpmStates(of: uri)
        control = LibvirtConnection(uri: uri, name: "libvirt-control")
        measuring = LibvirtConnection(uri: uri, readOnly: true, name: "libvirt-stats")
        self.time = time
        self.logger = logger.labelled("hypervisor").with("uri", uri)
        // `close()` cancels it and waits for its end.
        supervisor.withLock { $0 = Task { await supervise() } }
    }

    public func information() async throws(HypervisorError) -> HypervisorInformation {
        try await commands("ask for the versions of").information()
    }

    public func domains() async throws(HypervisorError) -> [Domain] {
        try await commands("list the domains of").domains()
    }

    public func domain(_ id: VMID) async throws(HypervisorError) -> Domain {
        try await commands("look up").domain(id)
    }

    public func definition(of id: VMID) async throws(HypervisorError) -> String {
        try await commands("read the definition of").definition(of: id)
    }

    public func liveDefinition(of id: VMID) async throws(HypervisorError) -> String {
        try await commands("read the definition of").liveDefinition(of: id)
    }

    public func define(_ xml: String) async throws(HypervisorError) -> Domain {
        try await commands("define").define(xml)
    }

    public func setAutostart(_ id: VMID, _ on: Bool) async throws(HypervisorError) {
        try await commands("set the autostart of").setAutostart(id, on)
    }

    public func rename(_ id: VMID, _ name: String) async throws(HypervisorError) {
        try await commands("rename").rename(id, name)
    }

    public func start(_ id: VMID) async throws(HypervisorError) { try await commands("start").start(id) }

    public func shutdown(_ id: VMID) async throws(HypervisorError) {
        try await guestConnection("shut down").shutdown(id)
    }

    public func destroy(_ id: VMID) async throws(HypervisorError) { try await commands("power off").destroy(id) }

    public func reboot(_ id: VMID) async throws(HypervisorError) {
        try await guestConnection("reboot").reboot(id)
    }

    public func reset(_ id: VMID) async throws(HypervisorError) { try await commands("reset").reset(id) }

    public func suspend(_ id: VMID) async throws(HypervisorError) {
        try await guestConnection("suspend").suspend(id)
    }

    public func resume(_ id: VMID) async throws(HypervisorError) { try await guestConnection("resume").resume(id) }

    public func save(_ id: VMID) async throws(HypervisorError) { try await guestConnection("save").save(id) }

    public func setTime(_ id: VMID, within limit: Duration) async throws(HypervisorError) {
        try await guestConnection("set the time of").setTime(id, within: limit)
    }

    public func pin(_ id: VMID, to processors: VMPlacement.Processors) async throws(HypervisorError) {
        try await commands("pin").pin(id, to: processors)
    }

    public func setWeight(_ id: VMID, _ weight: Int) async throws(HypervisorError) {
        try await commands("set the weight of").setWeight(id, weight)
    }

    public func undefine(_ id: VMID) async throws(HypervisorError) { try await commands("undefine").undefine(id) }

    public func guestAgentAnswers(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> Bool {
        try await guestConnection("ask the guest agent of").guestAgentAnswers(id, within: limit)
    }

    public func guestInformation(
        _ id: VMID, within limit: Duration
    ) async throws(HypervisorError) -> GuestInformation {
        try await guestConnection("ask the guest agent of").guestInformation(id, within: limit)
    }

    public func startProgram(
        _ id: VMID, _ path: String, _ arguments: [String], within limit: Duration
    ) async throws(HypervisorError) -> Int {
        try await guestConnection("start a program in").startProgram(id, path, arguments, within: limit)
    }

    public func program(
        _ id: VMID, _ process: Int, within limit: Duration
    ) async throws(HypervisorError) -> GuestProgram {
        try await guestConnection("look at a program in").program(id, process, within: limit)
    }

    public func statistics() async throws(HypervisorError) -> [DomainStatistics] { try await measuring.statistics() }

    public func storagePools() async throws(HypervisorError) -> [StoragePool] {
        try await commands("list the storage pools of").storagePools()
    }

    public func networks() async throws(HypervisorError) -> [String] {
        try await commands("list the networks of").networks()
    }

    public func freeze(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> Int {
        try await guestConnection("freeze").freeze(id, within: limit)
    }

    public func thaw(_ id: VMID, within limit: Duration) async throws(HypervisorError) {
        try await guestConnection("thaw").thaw(id, within: limit)
    }

    public func overlayDisks(
        _ id: VMID, _ overlays: [String: String], memory: String?
    ) async throws(HypervisorError) {
        let operation = "put overlays on the disks of"
        let connection = memory == nil ? try commands(operation) : try guestConnection(operation)
        try await connection.overlayDisks(id, overlays, memory: memory)
    }

    public func restore(_ id: VMID, from memory: String, _ edit: DomainEdit) async throws(HypervisorError) {
        try await guestConnection("restore the memory of").restore(id, from: memory, edit)
    }

    public func isBusy(_ id: VMID) async throws(HypervisorError) -> Bool {
        try await guestConnection("look at the job of").isBusy(id)
    }

    public func plug(_ id: VMID, _ device: USBDeviceID) async throws(HypervisorError) {
        try await commands("attach a USB device to").plug(id, device)
    }

    public func unplug(_ id: VMID, _ device: USBDeviceID) async throws(HypervisorError) {
        try await commands("detach a USB device from").unplug(id, device)
    }

    public func resizeDisk(_ id: VMID, _ target: String, to bytes: UInt64) async throws(HypervisorError) {
        try await commands("resize a disk of").resizeDisk(id, target, to: bytes)
    }

    public func startCommit(
        _ id: VMID, disk: String, of layer: String, into base: String
    ) async throws(HypervisorError) {
        try await commands("commit a layer of").startCommit(id, disk: disk, of: layer, into: base)
    }

    public func blockJob(_ id: VMID, disk: String) async throws(HypervisorError) -> BlockJob? {
        try await commands("look at the block jobs of").blockJob(id, disk: disk)
    }

    public func pivot(_ id: VMID, disk: String) async throws(HypervisorError) {
        try await commands("pivot").pivot(id, disk: disk)
    }

    public func abortBlockJob(_ id: VMID, disk: String) async throws(HypervisorError) {
        try await commands("abort the block job of").abortBlockJob(id, disk: disk)
    }

    public func startCopy(_ id: VMID, disk: String, to file: String) async throws(HypervisorError) {
        try await commands("copy a disk of").startCopy(id, disk: disk, to: file)
    }

    public func hasManagedSave(_ id: VMID) async throws(HypervisorError) -> Bool {
        try await commands("look for the saved memory of").hasManagedSave(id)
    }

    public func removeManagedSave(_ id: VMID) async throws(HypervisorError) {
        try await commands("remove the saved memory of").removeManagedSave(id)
    }

    public func foreignSnapshots(_ id: VMID) async throws(HypervisorError) -> [String] {
        try await commands("list the snapshots of").foreignSnapshots(id)
    }

    public func tpmStateDirectory(of id: VMID) -> String? { tpmStates.map { "\($0)/\(id)" } }

    public func close() async {
        let task = supervisor.withLock { task in
            defer { task = nil }
            return task
        }
        task?.cancel()
        await task?.value
        await measuring.close()
        events.finish()
    }

    /// Where libvirt's daemons tell swtpm to keep its state: qemuStateInitialize and virQEMUDriverConfigNew.
    private static func tpmStates(of uri: String) -> String? {
        let path = uri.split(separator: "?").first ?? ""
        if path == "qemu:///system" { return "/var/lib/libvirt/swtpm" }
        guard path == "qemu:///session" else { return nil }
        let environment = ProcessInfo.processInfo.environment
        let configuration = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map { $0 + "/.config" }
        return configuration.map { $0 + "/libvirt/qemu/swtpm" }
    }

    /// The connection for commands; throws at once instead of waiting behind an attempt to connect.
    private func commands(_ operation: String) throws(HypervisorError) -> LibvirtConnection {
        guard connected.load(ordering: .acquiring) else {
            throw HypervisorError(
                .disconnected, operation: operation, object: uri, message: "libvirt cannot be reached; trying again")
        }
        return control
    }

    /// A connection and thread for one talk with a guest.
    private func guestConnection(_ operation: String) throws(HypervisorError) -> LibvirtConnection {
        _ = try commands(operation)
        return LibvirtConnection(uri: uri, name: "libvirt-guest")
    }
}

extension LibvirtHypervisor {
    private func supervise() async {
        var backoff = Backoff(base: .milliseconds(500), cap: .seconds(30))
        var generator = SystemRandomNumberGenerator()
        var failure: HypervisorError?
        while !Task.isCancelled {
            let relay = LibvirtEventRelay(events: events)
            do throws(HypervisorError) {
                let domains = try await control.connect(relay)
                connected.store(true, ordering: .releasing)
                logger.with("domains", domains.count).notice("connected")
                failure = nil
                backoff.reset()
                await deliver { relay.begin(with: domains) }
                let reason = await follow(relay)
                connected.store(false, ordering: .releasing)
                await control.close()
                guard let reason else { return }
                logger.warning("disconnected: \(reason)")
                await deliver { events.send(.disconnected(reason: reason)) }
            } catch {
                if failure != error { logger.warning("\(error); trying again") }
                failure = error
            }
            try? await time.sleep(for: backoff.next(using: &generator))
        }
    }

    /// Returns why the connection was lost; nil when the task is cancelled.
    private func follow(_ relay: LibvirtEventRelay) async -> String? {
        while let signal = await relay.signals.next() {
            switch signal {
            case .lost(let reason): return reason
            case .overflowed:
                logger.warning("events did not fit (\(events.refused) so far); listing all domains again")
                // A failing list means a lost connection, which comes as the next signal.
                await deliver {
                    relay.healing()
                    guard let domains = try? await control.domains() else { return true }
                    return relay.begin(with: domains)
                }
            }
        }
        return nil
    }

    /// Repeats until there was room in the mailbox, or the task is cancelled.
    private func deliver(_ send: () async -> Bool) async {
        while await !send() {
            do { try await time.sleep(for: .seconds(1)) } catch { return }
        }
    }
}
