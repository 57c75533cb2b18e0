import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Signing
import Testing

struct IngestTests {
    private func presence(_ host: HostID, inventory: [InventoryPart: Digest] = [:], vms: [VMID]? = nil) -> Presence {
        Presence(
            state: .online, session: .random(), agentVersion: "1.0", bootID: "boot",
            time: Date(timeIntervalSince1970: 1_790_000_000), inventory: inventory, vms: vms)
    }

    private func metrics(_ value: Double) -> MetricsBatch {
        MetricsBatch(time: Date(timeIntervalSince1970: 1_790_000_000), host: ["load": value], vms: [:])
    }

    @Test func whatAHostPublishesIsStoredAndAcknowledged() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        let epoch = EpochID.random()
        try await controller.running {
            let agent = try await controller.client()
            try await agent.send(presence(host), to: .presence(host), retain: true)
            for seq in UInt64(1)...3 { try await agent.send(TestRecord(epoch, seq, body: "x"), to: .stream(host)) }
            try await agent.send(metrics(0.5), to: .metrics(host))
            let store = await controller.store.storeID
            #expect(
                try await controller.eventually {
                    controller.retained(StreamPosition.self, .ack(host))
                        == StreamPosition(store: store, epoch: epoch, seq: 3)
                })
            #expect(
                try await controller.eventually {
                    try await controller.store.series.latest(of: host)?.batch == metrics(0.5)
                })
            #expect(try await controller.store.host("bench-1").state == .online)
            #expect(
                try await controller.store.events(limit: 9).items.map(\.body) == ["x", "x", "x"].map(JSONValue.string))
            // Resent by a host that has not seen the acknowledgement.
            try await agent.send(TestRecord(epoch, 2, body: "x"), to: .stream(host))
            #expect(
                try await controller.eventually {
                    controller.metrics.text().contains("virtfleet_ingest_duplicates_total 1")
                })
        }
        #expect(try await controller.store.events(limit: 9).items.count == 3)
    }

    @Test func nothingThatAHostSendsStopsIt() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        let fleet = FleetName("test")!
        let stranger = HostID.random()
        let good = Digest(String(repeating: "a", count: 64))!
        try await controller.running {
            let agent = try await controller.client(limits: BusLimits(payloadBytes: 16 << 20))
            func name(_ topic: Topic) -> String { topic.name(in: fleet) }
            try await agent.send(Array("{".utf8), to: name(.presence(host)))
            try await agent.send([0x22, 0xC3, 0x28, 0x22], to: name(.vm(host, .random())))
            try await agent.send(Array(#"{"state":"dancing"}"#.utf8), to: name(.presence(host)))
            try await agent.send(Array(repeating: 0x5B, count: 100_000), to: name(.metrics(host)))
            try await agent.send(Array("{}".utf8), to: name(.inventory(host, .cpu)), true, good)
            try await agent.send(Array("{}".utf8), to: name(.inventory(host, .cpu)), true, nil)
            try await agent.send(Array("{}".utf8), to: "vf/1/test/up/nobody/presence")
            try await agent.send(Array("{}".utf8), to: "vf/1/test/up/\(host)/vm/none")
            try await agent.send([UInt8](repeating: 0x20, count: 10 << 20), to: name(.stream(host)))
            try await agent.send(presence(stranger), to: .presence(stranger))
            try await agent.send(TestRecord(.random(), .max, body: 1), to: .stream(host))
            try await agent.send(TestRecord(.random(), 1, type: .jobStatus, body: 1), to: .stream(host))
            try await agent.send(TestRecord(.random(), 1, body: "good"), to: .stream(host))
            #expect(try await controller.eventually { try await controller.store.newestCommit() == 1 })
        }
        let refused = try await controller.store.refusedPayloads(limit: 99)
        #expect(
            Dictionary(grouping: refused, by: \.reason).mapValues(\.count)
                == [.malformed: 6, .wrongDigest: 2, .unknownTopic: 2, .tooLarge: 1, .unknownHost: 1])
        #expect(refused.allSatisfy { $0.head.count <= RefusedPayload.keptBytes })
        #expect(refused.first { $0.reason == .tooLarge }?.size == 10 << 20)
        #expect(controller.metrics.text().contains(#"virtfleet_ingest_refused_total{reason="malformed"} 6"#))
    }

    /// An acknowledgement that waits for its second does not come when the broker has been cleared of the host.
    @Test func whatARemovedHostSentIsNotAcknowledgedAnyMore() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        let epoch = EpochID.random()
        try await controller.running {
            let agent = try await controller.client()
            try await agent.send(TestRecord(epoch, 1, body: "x"), to: .stream(host))
            #expect(try await controller.eventually { controller.retained(StreamPosition.self, .ack(host))?.seq == 1 })
            try await agent.send(TestRecord(epoch, 2, body: "x"), to: .stream(host))
            #expect(try await eventually { try await controller.store.newestCommit() == 2 })
            try await controller.store.removeHost("bench-1", by: "tester")
            #expect(try await eventually { controller.retained(StreamPosition.self, .ack(host)) == nil })
            try await controller.pass(.seconds(3))
            #expect(controller.retained(StreamPosition.self, .ack(host)) == nil)
        }
    }

    @Test func whileTheDiskIsFullNothingIsAcknowledgedAndThenNothingIsMissing() async throws {
        let disk = try SmallFileSystem(bytes: 4 << 20)
        let controller = try ControllerFixture(directory: disk.path)
        let host = try await controller.host("bench-1")
        let epoch = EpochID.random()
        let body = String(repeating: "x", count: 2000)
        try await controller.running {
            let agent = try await controller.client()
            try await agent.send(TestRecord(epoch, 1, body: body), to: .stream(host))
            #expect(try await controller.eventually { controller.retained(StreamPosition.self, .ack(host))?.seq == 1 })
            try disk.fill()
            let last = try await flood(host, epoch, body, agent) { controller.store.writeFailure == nil }
            #expect(controller.store.writeFailure != nil)
            // As much time as the failing commit needs to be tried again a few times.
            try await controller.pass(.seconds(3))
            let acknowledged = controller.retained(StreamPosition.self, .ack(host))?.seq ?? 0
            #expect((1..<last).contains(acknowledged))
            try disk.drain()
            #expect(
                try await controller.eventually { controller.retained(StreamPosition.self, .ack(host))?.seq == last })
            #expect(controller.store.writeFailure == nil)
            #expect(try await controller.store.events(after: 0, limit: 9999).map(\.seq) == Array(1...last))
        }
    }

    /// Sends records from the second on while the condition holds.
    /// - Returns: the last one's seq.
    private func flood(
        _ host: HostID, _ epoch: EpochID, _ body: String, _ agent: InMemoryBus, while goesOn: () -> Bool
    ) async throws -> UInt64 {
        var seq: UInt64 = 1
        while goesOn(), seq < 5000 {
            seq += 1
            try await agent.send(TestRecord(epoch, seq, body: body), to: .stream(host))
            try await Task.sleep(for: .milliseconds(1))
        }
        return seq
    }

    @Test func aHostIsAskedForWhatItsPresenceNamesAndNobodyHasSeen() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        let document = [UInt8](#"{"cores":8}"#.utf8)
        let digest = SHA256Hasher.digest(of: document)
        try await controller.running {
            let agent = try await controller.client()
            try await agent.subscribe(Topic.everythingDown(to: host, in: controller.store.fleet), qos: .atLeastOnce)
            try await agent.send(presence(host, inventory: [.cpu: digest]), to: .presence(host), retain: true)
            var request: BusMessage?
            #expect(
                try await controller.eventually {
                    while agent.events.count > 0, let event = await agent.events.next() {
                        if case .message(let message) = event, message.topic.hasSuffix("/request") { request = message }
                    }
                    return request != nil
                })
            let asked = try FleetJSON.decode(Request.self, from: Data(try #require(request).payload))
            #expect(asked.call == .publishInventory && asked.parts == [.cpu])
            #expect(request?.expirySeconds == 30)
            #expect(request?.responseTopic == Topic.reply(host).name(in: controller.store.fleet))
            try await agent.send(
                document, to: Topic.inventory(host, .cpu).name(in: controller.store.fleet), true, digest)
            #expect(
                try await controller.eventually {
                    try await controller.store.host("bench-1").inventory?[.cpu] != nil
                })
            #expect(try await controller.store.missingDocuments(of: host) == nil)
        }
    }

    /// The queue holds but a part of what the broker has kept; the rest is asked for again.
    @Test(arguments: [(2000, 65_536), (300, 500)])
    func aFreshControllerReadsAWholeFleet(hostCount: Int, queuedEvents: Int) async throws {
        let controller = try ControllerFixture(limits: BusLimits(queuedEvents: queuedEvents))
        let agent = try await controller.client(limits: BusLimits(queuedEvents: 1))
        let document = [UInt8](#"{"n":1}"#.utf8)
        let digest = SHA256Hasher.digest(of: document)
        let fleet = controller.store.fleet
        var hosts: [HostID] = []
        for number in 0..<hostCount {
            let host = try await controller.host("host-\(number)")
            hosts.append(host)
            try await agent.send(presence(host), to: .presence(host), retain: true)
            for part in InventoryPart.allCases {
                try await agent.send(document, to: Topic.inventory(host, part).name(in: fleet), true, digest)
            }
        }
        try await controller.running {
            let complete = try await controller.eventually(within: .seconds(600)) {
                guard let last = hosts.last else { return true }
                let host = try await controller.store.host(last.description)
                guard host.state == .online, host.inventory?.count == InventoryPart.allCases.count else { return false }
                hosts.removeLast()
                return hosts.isEmpty
            }
            #expect(complete, "\(hosts.count) hosts are not complete")
        }
        #expect((controller.bus.statistics.dropped > 0) == (queuedEvents < hostCount * 10))
    }
}
