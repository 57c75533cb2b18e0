import DurableStream
import FleetAgent
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Glibc
import MessageBus

/// A host that records numbered events as steadily as it can, to be killed at any moment: the agent's own session,
/// spool and bus on a hypervisor without guests. Every life counts from 1. After a record is on the disk its epoch and
/// number go to `<directory>/recorded`; while there is a file `<directory>/enough` nothing more is recorded.
///
///     EventSource HOST BROKER-PORT PASSWORD STATE-DIRECTORY DIRECTORY
@main
struct EventSource {
    static let numbered = EventType(rawValue: "test.numbered")

    static func main() async throws {
        try Isolation.require()
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let host = HostID(arguments[1]), let port = UInt16(arguments[2]),
            let fleet = FleetName("test")
        else { throw Usage() }
        let (password, state, directory) = (arguments[3], arguments[4], arguments[5])
        let logger = Logger(label: "source")
        let time = SystemTimeSource()
        try DurableFile.makeDirectory(state, mode: 0o700)

        // Brokers die every other second here, which can look like a twin: do not leave for 15 minutes.
        let bus = MosquittoBus(
            MosquittoConfiguration(
                host: "127.0.0.1", port: port, clientID: host.description, username: host.description,
                password: password,
                reconnect: ReconnectPolicy(base: .milliseconds(200), cap: .seconds(2), twinInterval: .seconds(2))))
        let topic = Topic.stream(host).name(in: fleet)
        let spool = try Spool(path: state + "/spool.db", time: time, bootID: "test", logger: logger)
        let stream = StreamPublisher(spool: spool, time: time, logger: logger) { payload in
            try await bus.publish(BusMessage(topic: topic, payload: payload))
        }
        let settings = AgentSettings(
            fleet: fleet, host: host, agentVersion: "test", bootID: "test", imagesDirectory: state,
            stateDirectory: state)
        let session = AgentSession(
            settings, bus: bus, hypervisor: try InMemoryHypervisor(directory: state + "/domains"), spool: spool,
            stream: stream, jobs: NoJobs(), sample: { MetricsBatch(time: time.now(), host: [:], vms: [:]) }, time: time,
            logger: logger)
        let numbering = Numbering(spool: spool, directory: directory)
        try await ServiceGroup([session, stream, numbering], logger: logger).run()
    }

    struct Usage: Error, CustomStringConvertible {
        var description: String { "usage: EventSource HOST BROKER-PORT PASSWORD STATE-DIRECTORY DIRECTORY" }
    }
}

/// This host has nothing to do.
struct NoJobs: JobReceiver {
    func hold() async -> Set<VMID> { [] }
    func release() async {}
    func receive(envelope: [UInt8], retained: Bool) async {}
    var recordedRevision: UInt64 { 0 }
    let recorded = Mailbox<Void>(capacity: 1)
    var wantsTime: Bool { false }
    func receive(desired envelope: [UInt8]) async {}
    var desiredRevision: UInt64 { 0 }
    let keys: [VerifyingKey] = []
    func vmStopped(_ vm: VMID) async {}
    let powerPolicies: [PowerPolicy] = []
    let powerChanges = Mailbox<Void>(capacity: 1)
    let moves = Mailbox<Void>(capacity: 1)
}

struct Numbering: Service {
    let name = "numbering"
    let spool: Spool
    let directory: String

    func run() async throws {
        let log = open(directory + "/recorded", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        var number = 0
        // Under what the window and one acknowledgement a second let through, so that a backlog melts.
        while (try? await Task.sleep(for: .milliseconds(25))) != nil {
            if DurableFile.exists(directory + "/enough") { continue }
            number += 1
            try await spool.append(EventSource.numbered, HostEvent(what: "number", message: "\(number)"))
            let line = Array("\(spool.epoch) \(number)\n".utf8)
            guard write(log, line, line.count) == line.count else { throw CocoaError(.fileWriteUnknown) }
        }
    }
}
