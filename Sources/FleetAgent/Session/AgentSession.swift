import DurableStream
import FleetModel
import FleetRuntime
import FoundationEssentials
import HostInspection
import HostPower
import Hypervisor
import MessageBus
import Provisioning
import Synchronization

/// The agent's life on the bus: says who it is and what its VMs are, carries events into the durable record, and hands
/// what arrives to those who wait for it. It decides with `PresenceState`, `DomainRegistry` and `Outbox`.
public actor AgentSession: Service {
    public nonisolated let name = "session"
    let settings: AgentSettings
    let bus: any Bus
    let hypervisor: any Hypervisor
    let spool: Spool
    let stream: StreamPublisher
    let jobs: any JobReceiver
    let details: VMDetailsWatch
    let power: Mailbox<HostPower.Event>
    lazy var guests = GuestPower(
        hypervisor: hypervisor, file: StateFile(path: settings.stateDirectory + "/asleep.json"), time: time,
        logger: logger
    ) { [weak self] event in await self?.record(.hostPower, event) }
    let sample: @Sendable () async -> MetricsBatch
    private let isClockSynchronised: @Sendable () -> Bool
    let time: any TimeSource
    let logger: Logger

    /// Read by the bus's own thread when it prepares a connection.
    nonisolated let presence: Mutex<PresenceState>
    let inspector = HostInspector()
    let knownDomainsFile: StateFile<KnownDomains>
    let knownHostFile: StateFile<KnownHost>
    let blocking = BlockingWork(name: "session-files")
    var outbox = Outbox()
    var registry: DomainRegistry
    /// Nil before the first inspection ever.
    var knownHost: KnownHost?
    var clock = ClockWatch()
    var controller = ControllerWatch()
    var isConnected = false
    /// What the presence says.
    var announced = Presence.State.online
    /// The last answers of the hypervisor: while it cannot be reached they stay true.
    var hypervisorSoftware: SoftwareDocument.Hypervisor?
    var pools: [StorageDocument.Pool] = []
    /// Wake the publishing loop, the inspection, and those who slept with the host.
    nonisolated let publishing = Mailbox<Void>(capacity: 1)
    nonisolated let inspecting = Mailbox<Void>(capacity: 1)
    nonisolated let resuming = Mailbox<Void>(capacity: 1)
    /// The guests to be asked what they are; one that finds no room is asked with all others later.
    nonisolated let asking = Mailbox<VMID>(capacity: 256)

    /// - Parameters:
    ///   - stream: publishes what is in `spool`; runs as a service of its own, and so does `jobs`.
    ///   - power: see `HostPower`; one that nobody fills where nothing is known of the host's sleep.
    ///   - sample: one tick of metrics; the agent's own are added here.
    ///   - isClockSynchronised: see `SystemClock`.
    public init(
        _ settings: AgentSettings, bus: any Bus, hypervisor: any Hypervisor, spool: Spool, stream: StreamPublisher,
        jobs: any JobReceiver, details: VMDetailsWatch = VMDetailsWatch(),
        power: Mailbox<HostPower.Event> = Mailbox(capacity: 1),
        sample: @escaping @Sendable () async -> MetricsBatch,
        isClockSynchronised: @escaping @Sendable () -> Bool = SystemClock.isSynchronised, time: any TimeSource,
        logger: Logger
    ) {
        self.settings = settings
        self.bus = bus
        self.hypervisor = hypervisor
        self.spool = spool
        self.stream = stream
        self.jobs = jobs
        self.details = details
        self.power = power
        self.sample = sample
        self.isClockSynchronised = isClockSynchronised
        self.time = time
        self.logger = logger
        presence = Mutex(
            PresenceState(
                agentVersion: settings.agentVersion, bootID: settings.bootID, session: .random(), startedAt: time.now())
        )
        knownDomainsFile = StateFile(path: settings.stateDirectory + "/domains.json")
        knownHostFile = StateFile(path: settings.stateDirectory + "/host.json")
        registry = DomainRegistry(known: knownDomainsFile.read()?.domains)
        knownHost = knownHostFile.read()
    }

    public func run() async throws {
        await record(.agentStarted, HostEvent(what: "started", message: "version \(settings.agentVersion)"))
        // The first presence tells of everything that is there already.
        await inspect()
        for topic in [
            Topic.everythingDown(to: settings.host, in: settings.fleet),
            Topic.presence(settings.host).name(in: settings.fleet), Topic.controller.name(in: settings.fleet),
        ] {
            try await bus.subscribe(topic, qos: .atLeastOnce)
        }
        await bus.connect { [self] in prepareConnection() }
        await withDiscardingTaskGroup { group in
            group.addTask { for await event in self.bus.events { await self.on(event) } }
            group.addTask { for await event in self.hypervisor.events { await self.on(event) } }
            group.addTask { for await event in self.power { await self.on(event) } }
            group.addTask { for await _ in self.resuming { await self.goOn() } }
            group.addTask { for await _ in self.inspecting { await self.inspect() } }
            group.addTask { for await id in self.asking { await self.ask(id) } }
            group.addTask { for await _ in self.jobs.moves { await self.refreshMoved() } }
            group.addTask { for await _ in self.jobs.powerChanges { await self.followPowerPolicies() } }
            group.addTask { for await _ in self.jobs.recorded { self.publishing.send(()) } }
            group.addTask { for await id in self.details.changed { await self.lookAtDetails(of: id) } }
            group.addTask {
                await self.every(self.settings.guestInterval) {
                    await self.askAllGuests()
                    await self.lookAtAllDetails()
                }
            }
            group.addTask { await self.publishWhatChanges() }
            group.addTask { await self.every(self.settings.inspectionInterval) { self.inspecting.send(()) } }
            group.addTask { await self.every(self.settings.clockInterval) { await self.lookAtClock() } }
            group.addTask { await self.every(self.settings.metricsInterval) { await self.publishMetrics() } }
        }
        // This task is cancelled by now; the farewell is not.
        await Task { await self.sayFarewell() }.value
    }

    /// Puts an event into the durable record. One that cannot be kept is told in the log: there is nobody else to tell.
    func record(_ type: EventType, _ body: some Encodable & Sendable) async {
        do {
            try await spool.append(type, body)
        } catch {
            logger.error("event \(type.rawValue) is lost: \(error)")
        }
    }

    private func every(_ interval: Duration, _ body: @Sendable () async -> Void) async {
        while (try? await time.sleep(for: interval)) != nil { await body() }
    }

    private func lookAtClock() async {
        guard let event = clock.look(now: time.now(), uptime: time.uptime()) else { return }
        logger.warning(event.message)
        await record(.clockJumped, event)
    }

    private func publishMetrics() async {
        guard isConnected else { return }
        do {
            var batch = await sample()
            let own = AgentMetrics.samples(spool: spool.statistics, isClockSynchronised: isClockSynchronised())
            batch.host.merge(own) { _, own in own }
            let payload = Array(try FleetJSON.encode(batch))
            try await bus.publish(
                BusMessage(
                    topic: Topic.metrics(settings.host).name(in: settings.fleet), payload: payload, qos: .atMostOnce)
            )
        } catch {
            logger.debug("a batch of metrics was not sent: \(error)")
        }
    }

    private func sayFarewell() async {
        if isConnected {
            do {
                try await publishPresence(.offline)
            } catch {
                logger.debug("the farewell was not sent: \(error)")
            }
        }
        await bus.disconnect()
    }
}
