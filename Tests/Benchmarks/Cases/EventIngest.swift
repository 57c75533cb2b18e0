import FleetRuntime
import FleetTestSupport
import Foundation
import SQLite
import Subprocess

/// Durable events from agents' connections to committed rows, beside the plainest thing that could do it, and beside
/// the bus alone. All three have the same broker with the same configuration, the same hosts and the same records.
struct EventIngest: Benchmark {
    static let name = "event-ingest"
    static let summary = "durable events a second, from MQTT to committed"
    private static let hosts = 1000
    /// Of each host in one run: two windows.
    private static let events: UInt64 = 128
    private static let total = UInt64(hosts) * events

    private let thread = BlockingWork(name: "swarm")

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let controller = try await ControllerProcess(context)
        let hosts = try await controller.register(Self.hosts)
        await controller.stop()
        var ours: [Double] = []
        var sqlite: [Double] = []
        var bus: [Double] = []
        for run in 1...context.runs {
            try await controller.start()
            ours.append(try await virtfleet(hosts, controller))
            await controller.stop()
            let broker = try await PlainBroker(controller)
            sqlite.append(try await imported(hosts, controller))
            bus.append(try await received(hosts, controller))
            await broker.stop()
            context.say("run \(run) of \(context.runs): \([ours, sqlite, bus].map { Int($0.last ?? 0) }) events/s")
        }
        return [
            Measurement(
                "durable events, MQTT to committed", ours, unit: "events/s", versus: "mosquitto_sub | sqlite3",
                reference: sqlite
            ).goal("≥ 0.5×") { $0.ratio ?? 0 >= 0.5 },
            Measurement(
                "durable events, beside the bus alone", ours, unit: "events/s", versus: "mosquitto_sub > /dev/null",
                reference: bus),
        ]
    }

    private func virtfleet(_ hosts: [Registration], _ controller: ControllerProcess) async throws -> Double {
        let database = controller.database
        return try await measure(hosts, controller, .acknowledged) {
            let count = try RowCount(database, "SELECT coalesce(max(id), 0) FROM events")
            return { try count.added() >= Self.total }
        }
    }

    /// Lines of topic and payload, 1,000 a transaction, as hard a commit as ours.
    private func imported(_ hosts: [Registration], _ controller: ControllerProcess) async throws -> Double {
        let directory = try TemporaryDirectory()
        let database = directory.file("lines.db")
        let schema = "PRAGMA journal_mode = WAL; CREATE TABLE lines (line TEXT NOT NULL)"
        _ = try await Subprocess.run("sqlite3", [database, schema]).successful()
        let script = #"""
            "$@" | awk -v q="'" '
                BEGIN { print "PRAGMA synchronous = FULL;" }
                NR % 1000 == 1 { print "BEGIN;" }
                { gsub(q, q q); print "INSERT INTO lines VALUES (" q $0 q ");" }
                NR % 1000 == 0 { print "COMMIT;"; fflush() }' | sqlite3 "$DATABASE"
            """#
        let subscriber = try await PlainSubscriber(
            controller, records: Self.total, ["/bin/sh", "-c", script, "sh"],
            environment: ["DATABASE": database, "PATH": "/usr/bin:/bin"])
        let rate = try await measure(hosts, controller, .puback) {
            let count = try RowCount(database, "SELECT coalesce(max(rowid), 0) FROM lines")
            return { try count.added() >= Self.total }
        }
        await subscriber.wait()
        return rate
    }

    private func received(_ hosts: [Registration], _ controller: ControllerProcess) async throws -> Double {
        let subscriber = try await PlainSubscriber(controller, records: Self.total, ["/usr/bin/env"])
        return try await measure(hosts, controller, .puback) { { subscriber.hasEnded } }
    }

    /// - Parameter watch: called before the first event; what it returns tells when all have arrived.
    private func measure(
        _ hosts: [Registration], _ controller: ControllerProcess, _ flow: AgentSwarm.Flow,
        _ watch: @escaping @Sendable () throws -> () throws -> Bool
    ) async throws -> Double {
        let port = controller.brokerPort
        return try await thread.run {
            let swarm = try AgentSwarm(hosts, port: port, flow: flow)
            if flow == .acknowledged { try swarm.warmUp() }
            let haveArrived = try watch()
            let time = SystemTimeSource()
            let start = time.monotonic()
            swarm.send(Self.events)
            try swarm.loop(until: "all events are committed", haveArrived)
            let seconds = (time.monotonic() - start).seconds
            try swarm.loop(until: "all events are confirmed") { swarm.unconfirmed == 0 }
            return Double(Self.total) / seconds
        }
    }
}
