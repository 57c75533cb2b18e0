import FleetModel
import FleetTestSupport
import Foundation
import SQLite
import Testing

/// `Tests/EventSource` as a host of a controller: records numbered events until it is told that there are enough.
final class EventSourceUnderTest: Sendable {
    let program: ProgramUnderTest
    let host: HostID
    private let directory: TemporaryDirectory
    private let controller: ControllerUnderTest

    convenience init(_ name: String, of controller: ControllerUnderTest) async throws {
        try self.init(try await controller.register(name), of: controller)
    }

    /// A host that is registered already, with the broker too.
    init(_ registration: HostRegistration, of controller: ControllerUnderTest) throws {
        self.controller = controller
        host = registration.host.id
        directory = try TemporaryDirectory()
        program = try ProgramUnderTest(
            "EventSource",
            [
                host.description, "\(controller.brokerPort)", registration.password, directory.file("state"),
                directory.path,
            ], logPath: directory.file("log"))
        try program.start()
    }

    /// How often each epoch got its next number on disk, in the order of the epochs.
    var recorded: [(epoch: String, count: Int)] {
        get throws {
            var result: [(epoch: String, count: Int)] = []
            guard FileManager.default.fileExists(atPath: directory.file("recorded")) else { return [] }
            for line in try String(contentsOfFile: directory.file("recorded"), encoding: .utf8).split(separator: "\n") {
                let parts = line.split(separator: " ")
                if result.last?.epoch != String(parts[0]) { result.append((String(parts[0]), 0)) }
                result[result.count - 1].count += 1
                #expect(parts[1] == "\(result[result.count - 1].count)")
            }
            return result
        }
    }

    /// Waits until so many events have been recorded, in all lives.
    func records(_ count: Int) async throws {
        try await program.until("\(count) events are recorded") {
            try recorded.map(\.count).reduce(0, +) >= count
        }
    }

    /// Nothing more is recorded; what is recorded goes on being sent.
    func stopRecording() throws { try Data().write(to: URL(filePath: directory.file("enough"))) }
    func goOnRecording() throws { try FileManager.default.removeItem(atPath: directory.file("enough")) }

    /// Waits until the newest recorded event has arrived.
    func drain(within limit: Duration = .seconds(120)) async throws {
        try await program.until("all its events have arrived", within: limit) {
            guard let last = try recorded.last else { return false }
            let newest = try await controller.client.events(host: host.description, type: .numbered, limit: 1).first
            return try newest.map { try $0.epoch.description == last.epoch && $0.number >= last.count } ?? false
        }
    }

    /// The disk as it is now. The source must not run.
    func copyDisk() throws {
        try FileManager.default.copyItem(atPath: directory.file("state"), toPath: directory.file("copy"))
    }

    /// The disk as it was when it was copied.
    func rollBackDisk() throws {
        try FileManager.default.removeItem(atPath: directory.file("state"))
        try FileManager.default.moveItem(atPath: directory.file("copy"), toPath: directory.file("state"))
    }

    /// Expects every event of this host to be in the controller's database once and in order: the numbers that were seen
    /// on disk, at most one more per life, and no hole in any epoch's sequence. The API says the same.
    func expectExactlyOnce() async throws {
        let events = try committedEvents()
        let told = try await controller.client.events(host: host.description).reversed()
        #expect(told.map { "\($0.epoch) \($0.seq)" } == events.map { "\($0.epoch) \($0.seq)" })
        var sequences: [String: Int64] = [:]
        var numbers: [(epoch: String, count: Int)] = []
        for event in events {
            #expect(event.seq == sequences[event.epoch, default: 0] + 1, "epoch \(event.epoch)")
            sequences[event.epoch] = event.seq
            guard event.type == .numbered else { continue }
            if numbers.last?.epoch != event.epoch { numbers.append((event.epoch, 0)) }
            numbers[numbers.count - 1].count += 1
            #expect(try event.number == numbers[numbers.count - 1].count, "epoch \(event.epoch)")
        }
        #expect(Set(numbers.map(\.epoch)).count == numbers.count, "epochs are mixed")
        let arrived = Dictionary(numbers.map { ($0.epoch, $0.count) }, uniquingKeysWith: { first, _ in first })
        let recorded = try recorded
        for life in recorded {
            let count = try #require(arrived[life.epoch], "nothing of epoch \(life.epoch) has arrived")
            #expect(count == life.count || count == life.count + 1, "epoch \(life.epoch)")
        }
        let order = numbers.map(\.epoch).filter { epoch in recorded.contains { $0.epoch == epoch } }
        #expect(order == recorded.map(\.epoch), "epochs are out of order")
        #expect(!events.contains { $0.type == .streamDropped })
    }

    /// The rows of fleet.db, in the order of their commits.
    private func committedEvents() throws -> [CommittedEvent] {
        let database = try Connection(path: controller.statePath + "/fleet.db", readOnly: true)
        return try database.rows(
            "SELECT epoch, seq, type, record FROM events WHERE host = ? ORDER BY id", [host.description]
        ).map { try CommittedEvent($0) }
    }
}

/// A row of the table `events`.
private struct CommittedEvent {
    let epoch: String
    let seq: Int64
    let type: EventType
    let record: Data

    init(_ row: Row) throws {
        epoch = try row.get(0)
        seq = try row.get(1)
        type = EventType(rawValue: try row.get(2))
        record = Data(try row.get(3, as: String.self).utf8)
    }

    /// Of a `test.numbered` event.
    var number: Int? {
        get throws { Int(try FleetJSON.decode(StreamBody<HostEvent>.self, from: record).body.message) }
    }
}

extension EventType {
    static let numbered = EventType(rawValue: "test.numbered")
}

extension EventResource {
    var number: Int {
        get throws {
            guard case .string(let text) = body["message"], let number = Int(text) else {
                throw ProgramUnderTest.Failure("event \(id) has no number: \(body)")
            }
            return number
        }
    }
}
