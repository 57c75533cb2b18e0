import DurableStream
import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import MessageBus
import SQLite

/// The controller: its own code on a real database, stepped by the world.
final class SimulatedController {
    let directory: String
    let time: ManualTimeSource
    private let keys: ControllerKeys
    private let network: SimulatedNetwork
    private let defect: Defect?
    private let decoder = ArrivalDecoder(fleet: SimulatedDisk.fleet)

    private(set) var store: FleetStore!
    private var publisher: JobPublisher!
    private var driver: RolloutDriver!
    private var acknowledgements = AckCoalescer()
    private var backup: String?
    private var backups = 0
    private(set) var isDiskBroken = false
    /// How often it was started.
    private(set) var life = 0
    /// The database has been put back to an earlier state since the world began.
    private(set) var wasRestored = false

    var isRunning: Bool { store != nil }

    init(directory: String, disk: SimulatedDisk, keys: ControllerKeys, network: SimulatedNetwork, defect: Defect?)
        throws
    {
        self.directory = directory + "/controller"
        self.keys = keys
        self.network = network
        self.defect = defect
        time = ManualTimeSource(now: SimulatedDisk.begin)
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
        try disk.makeController(in: self.directory)
    }

    func start() async throws {
        store = try FleetStore(
            directory: directory, fleet: SimulatedDisk.fleet, time: time, logger: .silent,
            executor: InlineExecutor(), readingExecutor: InlineExecutor())
        publisher = JobPublisher(bus: network.bus, store: store, keys: keys, time: time, logger: .silent)
        driver = RolloutDriver(store: store, time: time, logger: .silent)
        try await store.relax()
        acknowledgements = AckCoalescer()
        isDiskBroken = false
        life += 1
        network.connectController()
    }

    /// The process dies.
    func crash() {
        (store, publisher, driver) = (nil, nil, nil)
        network.disconnectController()
    }

    func setDiskBroken(_ isBroken: Bool) async throws {
        isDiskBroken = isBroken
        try await store?.setBroken(isBroken)
    }

    func makeBackup() async throws {
        backups += 1
        let path = "\(directory)/backup-\(backups).db"
        try await store.copy(to: path)
        backup = path
    }

    /// Puts the backup in the place of the database, as somebody does who copies files.
    func restore() async throws -> Bool {
        guard let backup else { return false }
        crash()
        let path = "\(directory)/\(FleetStore.databaseName)"
        for ending in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + ending) {
            try FileManager.default.removeItem(atPath: path + ending)
        }
        try FileManager.default.copyItem(atPath: backup, toPath: path)
        wasRestored = true
        try await start()
        return true
    }

    /// What it does about once a second.
    func step(connected: Set<HostID>) async throws {
        guard isRunning else { return }
        try? await seedDefects()
        await publisher.tick()
        while await driver.step() {}
        if defect == .keepsWithdrawnJobs {
            try? await store.execute(
                "UPDATE jobs SET state = 'offered', withdraw_requested = 0 WHERE state = 'withdrawing'")
        }
        _ = await publisher.publishDue()
        network.collect(connected: connected, at: time.now())
    }

    private func seedDefects() async throws {
        switch defect {
        case .dilutesFailures:
            try await store.execute(
                "UPDATE rollouts SET definition = json_set(definition, '$.rules.failureThreshold', '100%')")
        case .ignoresConcurrency:
            try await store.execute("UPDATE rollouts SET definition = json_set(definition, '$.rules.concurrency', 100)")
        case .skipsSoak:
            try await store.execute("UPDATE rollouts SET definition = json_set(definition, '$.rules.soakSeconds', 0)")
        case .asksTooEarly:
            try await store.execute("UPDATE rollout_hosts SET state = 'pending', wave = NULL WHERE state = 'away'")
        case .asksAnybody: try await store.execute("UPDATE hosts SET state = 'online'")
        default: break
        }
    }

    /// Takes one message from the bus.
    /// - Returns: what the host says of its connection, where it was about that and has been stored.
    func take(_ message: BusMessage) async throws -> Presence.State? {
        guard isRunning, case .arrival(let arrival) = decoder.decode(message, receivedAt: time.now()) else {
            return nil
        }
        if defect == .acknowledgesUnstored, case .record(let header, _, _?) = arrival.content, header.seq % 3 == 0 {
            let position = StreamPosition(store: await store.storeID, epoch: header.epoch, seq: header.seq)
            acknowledgements.acknowledge(position, to: arrival.host)
            return nil
        }
        if defect == .takesOldReports, case .record(_, _, let report?) = arrival.content {
            try? await store.execute(
                "UPDATE jobs SET state = ? WHERE id = ?", [report.state.rawValue, report.job.description])
        }
        // What is not stored is not acknowledged, and comes again.
        guard let outcome = try? await store.commit([arrival]) else { return nil }
        for (host, position) in outcome.acknowledgements { acknowledgements.acknowledge(position, to: host) }
        if case .presence(let presence) = arrival.content { return presence.state }
        return nil
    }

    /// Lets the acknowledgements go whose time has come.
    func acknowledge(connected: Set<HostID>) async throws {
        guard isRunning, network.bus.isConnected else { return }
        for (host, position) in acknowledgements.due(at: time.monotonic()) {
            try await network.bus.publish(
                BusMessage(
                    topic: Topic.ack(host).name(in: SimulatedDisk.fleet),
                    payload: [UInt8](try FleetJSON.encode(position)), retain: true))
        }
        network.collect(connected: connected, at: time.now())
    }
}
