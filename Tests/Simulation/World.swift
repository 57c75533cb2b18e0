import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import MessageBus

/// One controller, some hosts, and a seed that decides all that befalls them. Nothing here happens by itself: the world takes one
/// step after the other, each to its end, so that a seed tells the same story every time.
final class World {
    let seed: UInt64
    let defect: Defect?
    var random: SeededGenerator
    let ledger = Ledger()
    let network = SimulatedNetwork()
    let controller: SimulatedController
    var hosts: [SimulatedHost] = []
    var intents: [Intent] = []
    var referee: Referee
    private let directory: TemporaryDirectory
    /// Of a message to a host: a keep-alive and a half, and the session expiry.
    private static let longestDelay = 210.0
    private let keys: ControllerKeys
    /// What happened, for whoever reads a failing seed.
    private(set) var story: [String] = []
    var now = SimulatedDisk.begin
    private var jobs: [JobID] = []

    init(seed: UInt64, disk: SimulatedDisk, keys: ControllerKeys, defect: Defect? = nil) async throws {
        self.seed = seed
        self.defect = defect
        self.keys = keys
        random = SeededGenerator(seed: seed)
        directory = try TemporaryDirectory(below: "/dev/shm")
        controller = try SimulatedController(
            directory: directory.path, disk: disk, keys: keys, network: network, defect: defect)
        referee = Referee(ledger: ledger)
        try await controller.start()
        for index in 0..<Int.random(in: 2...SimulatedDisk.maximumHosts, using: &random) {
            let host = try await SimulatedHost(
                index: index, seed: seed, directory: directory.path, disk: disk, keys: keys.current.verifyingKeys,
                ledger: ledger,
                epoch: EpochID(id()), defect: defect)
            hosts.append(host)
            try await start(host)
            if chance(80) { try await connect(host) }
        }
    }

    /// Runs to the end.
    /// - Returns: what went wrong; empty when nothing did.
    func run(steps: Int) async throws -> [String] {
        for _ in 0..<steps {
            try await step()
            if !ledger.violations.isEmpty { break }
        }
        if ledger.violations.isEmpty { try await heal() }
        for host in hosts { await host.crash() }
        controller.crash()
        return ledger.violations
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    func id() -> UUID {
        let (high, low) = (random.next(), random.next())
        return withUnsafeBytes(of: (high, low)) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    func tell(_ line: @autoclosure () -> String) {
        story.append("\(Int(now.timeIntervalSince(SimulatedDisk.begin))) s  \(line())")
    }

    var connected: Set<HostID> { Set(hosts.filter(\.isConnected).map(\.id)) }

    // MARK: Hosts

    func start(_ host: SimulatedHost) async throws {
        tell("host \(host.index): the agent starts")
        host.spool.open(EpochID(id()))
        try await host.start(at: now)
    }

    func connect(_ host: SimulatedHost) async throws {
        guard host.isRunning, !host.isAsleep, !host.isConnected else { return }
        tell("host \(host.index): connects")
        host.isConnected = true
        host.session = SessionID(id())
        host.publishedFacts = nil
        network.connect(host.id, at: now)
        host.spool.tell { $0.connected() }
        try await publishPresence(of: host)
    }

    /// - Parameter says: what it can still say; nil when the broker has to notice.
    func disconnect(_ host: SimulatedHost, saying says: Presence.State? = nil) async throws {
        guard host.isConnected else { return }
        tell("host \(host.index): disconnects, \(says?.rawValue ?? "lost")")
        host.isConnected = false
        host.spool.tell { $0.disconnected() }
        network.down[host.id] = []
        try await say(says ?? .lost, host)
    }

    func crash(_ host: SimulatedHost) async throws {
        guard host.isRunning else { return }
        tell("host \(host.index): the agent dies")
        await host.crash()
        try await disconnect(host)
    }

    private func say(_ state: Presence.State, _ host: SimulatedHost) async throws {
        let facts = await host.facts()
        host.publishedFacts = facts
        network.publish(
            BusMessage(
                topic: Topic.presence(host.id).name(in: SimulatedDisk.fleet),
                payload: try host.presence(state, facts), retain: true), of: host.id)
    }

    func publishPresence(of host: SimulatedHost) async throws {
        guard host.isConnected, await host.facts() != host.publishedFacts else { return }
        try await say(.online, host)
    }

    /// Hands over what it has to tell, and sends what may be sent.
    func speak(_ host: SimulatedHost) async throws {
        try? await host.runner?.handOver()
        guard host.isConnected else { return }
        for payload in host.spool.takeRecords(at: host.time.monotonic()) {
            network.publish(
                BusMessage(topic: Topic.stream(host.id).name(in: SimulatedDisk.fleet), payload: payload), of: host.id)
        }
        try await publishPresence(of: host)
    }

    func deliver(_ message: SimulatedNetwork.Down, to host: SimulatedHost) async throws {
        guard host.isRunning, host.isConnected, !host.isAsleep else { return }
        // So long no connection lives of which nothing is heard; what its session kept is gone with it.
        guard now.timeIntervalSince(message.since) < Self.longestDelay else { return try await disconnect(host) }
        switch message.content {
        case .ack(let payload):
            let position = try FleetJSON.decode(StreamPosition.self, from: Data(payload))
            host.spool.acknowledge(position, at: host.time.monotonic())
        case .jobs(let payload):
            let set = try jobSet(payload)
            let before = await host.revision
            try await host.take(try altered(payload, set), retained: message.retained, now: now)
            if await host.revision < before {
                ledger.violate("host \(host.index) took job set \(await host.revision) after \(before)")
            }
            if await host.revision != before || defect == .takesOldJobSets {
                tell("host \(host.index): takes job set \(set.revision) with \(set.jobs.map { "\($0.id)".suffix(4) })")
                if set.revision > before {
                    host.wanted = Dictionary(uniqueKeysWithValues: set.jobs.map { ($0.id, $0) })
                }
            }
        }
    }

    private func jobSet(_ envelope: [UInt8]) throws -> JobSet {
        struct Outer: Decodable { var payload: Data }
        let outer = try JSONDecoder().decode(Outer.self, from: Data(envelope))
        return try FleetJSON.decode(JobSet.self, from: outer.payload)
    }

    /// As the agent would read it if it passed over some of it.
    private func altered(_ envelope: [UInt8], _ set: JobSet) throws -> [UInt8] {
        var set = set
        switch defect {
        case .ignoresWindows: for index in set.jobs.indices { set.jobs[index].windows = [] }
        case .ignoresExpiry:
            for index in set.jobs.indices {
                set.jobs[index].expiresAt += 30 * 86_400
                set.jobs[index].windows = []
            }
        default: return envelope
        }
        return try keys.current.seal(set)
    }

    func evaluate(_ host: SimulatedHost) async throws {
        guard host.isRunning, !host.isAsleep else { return }
        await host.evaluate(now: now)
        await judgeBegins()
    }

    func letGo(_ host: SimulatedHost) async throws {
        guard host.isRunning, !host.isAsleep, let job = host.gate.parkedJobs.min() else { return }
        await host.letGo(job, now: now)
        await judgeBegins()
    }

    private func judgeBegins() async {
        for (job, begin) in ledger.takeBegins() {
            tell("host \(begin.host): begins \("\(job)".suffix(4))")
            await referee.begins(job, begin, wanted: hosts[begin.host].wanted[job], controller)
        }
    }

    // MARK: The controller

    func stepController() async throws {
        try await controller.step(connected: connected)
        await judge()
        for payload in network.takePublishedSets() { await referee.judge(try jobSet(payload), controller) }
    }

    private func judge() async {
        var lines: [String] = []
        await referee.judge(controller, intents, now: now) { lines.append($0) }
        for line in lines { tell(line) }
    }

    func deliverUp(_ host: SimulatedHost, keep: Bool = false, drop: Bool = false, at index: Int = 0) async throws {
        guard var queue = network.up[host.id], !queue.isEmpty, controller.isRunning else { return }
        var index = min(index, queue.count - 1)
        // What a host says of itself is not overtaken by what it says later.
        if queue[index].retain { index = queue.firstIndex(where: \.retain) ?? index }
        let message = keep ? queue[index] : queue.remove(at: index)
        network.up[host.id] = queue
        if drop && !message.retain { return }
        if let state = try await controller.take(message) { referee.heard[host.id] = state.rawValue }
        await judge()
        try await controller.acknowledge(connected: connected)
    }

    // MARK: Time

    func pass(_ seconds: Double) async throws {
        now += seconds
        controller.time.advance(by: .seconds(seconds))
        for host in hosts {
            host.time.advance(by: .seconds(seconds))
            let monotonic = host.time.monotonic()
            if !host.isAsleep { host.spool.tell { $0.timePassed(to: monotonic) } }
        }
        try await controller.acknowledge(connected: connected)
        guard seconds >= 60 else { return }
        for host in hosts { try await evaluate(host) }
    }

    // MARK: Operators

    func planJob() async throws {
        guard controller.isRunning, !controller.isDiskBroken else { return }
        let host = hosts.randomElement(using: &random)!
        let id = JobID(milliseconds: UInt64(now.timeIntervalSince1970 * 1000), using: &random)
        var conditions: JobConditions?
        let hours = Double(Int.random(in: 1...12, using: &random))
        if chance(40) {
            let start = now + Double(Int.random(in: 0..<3, using: &random)) * 3600
            conditions = JobConditions(
                window: ResourceName("w"), windows: [Occurrence(start: start, end: start + 1800)])
        }
        _ = try await controller.store.planJob(
            id, host: host.id, kind: JobKindName.vmReboot.rawValue,
            arguments: .object([
                "vm": .string(SimulatedDisk.vm(host.index).description), "force": .bool(false),
            ]), expiresAt: now + hours * 3600, conditions: conditions, by: "ada")
        jobs.append(id)
        tell("ada asks host \(host.index) for \("\(id)".suffix(4))")
    }

    func cancelJob() async throws {
        guard controller.isRunning, let id = jobs.randomElement(using: &random) else { return }
        tell("ada cancels \("\(id)".suffix(4))")
        _ = try? await controller.store.requestCancel(id, by: "ada")
    }

    func applyRollout() async throws {
        guard controller.isRunning, !controller.isDiskBroken, intents.count < 2 else { return }
        let intent = Intent(number: intents.count + 1, hosts: hosts.count, using: &random)
        _ = try await controller.store.addRollout(intent.definition, intent.targets, by: "ada")
        intents.append(intent)
        tell("ada applies \(intent.name): \(intent.rules)\(intent.definition.windows == nil ? "" : ", in windows")")
    }

    func requestOfRollout(_ request: RolloutRequest, _ index: Int) async throws {
        guard controller.isRunning else { return }
        let name = intents[index].name
        let before = try await controller.store.rolloutState(name)
        let counts = before.hosts
        let failures = counts[.failed, default: 0] + counts[.lost, default: 0]
        do {
            if request == .retry {
                _ = try await controller.store.retry(name, hosts: nil, by: "ada")
                let again = counts[.failed, default: 0]
                intents[index].forgiven.failures = max(0, min(intents[index].forgiven.failures, failures - again))
                intents[index].forgiven.attempted = min(
                    intents[index].forgiven.attempted, counts[.succeeded, default: 0] + failures - again)
            } else {
                _ = try await controller.store.request(request, of: name, by: "ada")
                if request == .resume && before.state == RolloutState.halted.rawValue {
                    intents[index].forgiven = (failures, counts[.succeeded, default: 0] + failures)
                }
            }
            tell("ada: \(request.rawValue) \(name)")
        } catch {}
    }
}
