import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import MessageBus
import SQLite
import Signing
import Testing

struct JobPublisherTests {
    private func plan(_ number: Int, _ host: HostID, _ controller: ControllerFixture) async throws -> JobID {
        let id = JobID("01ARZ3NDEKTSV4RRFFQ69G" + String(1000 + number))!
        _ = try await controller.store.planJob(
            id, host: host, kind: "vm.start", arguments: .object([:]), expiresAt: controller.time.now() + 86400,
            by: "tester")
        return id
    }

    /// What an agent would take of the retained envelope.
    private func published(_ host: HostID, _ controller: ControllerFixture) -> JobSet? {
        guard let message = controller.broker.retained(Topic.jobs(host).name(in: controller.store.fleet)) else {
            return nil
        }
        let gate = JobSetGate(fleet: controller.store.fleet, host: host)
        guard
            case .accept(let set, _) = gate.judge(
                envelope: message.payload, keys: controller.keys.current.verifyingKeys, now: controller.time.now())
        else { return nil }
        return set
    }

    @Test func aPlannedJobReachesItsHostSigned() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            let job = try await plan(1, host, controller)
            #expect(try await controller.eventually { published(host, controller)?.jobs.map(\.id) == [job] })
            #expect(try await controller.store.job(job).state == .offered)
        }
    }

    @Test func aRecordThatCannotBeReadKeepsNoOtherHostFromItsSet() async throws {
        let controller = try ControllerFixture()
        var hosts: [HostID] = []
        for number in 1...5 { hosts.append(try await controller.host("bench-\(number)")) }
        for (number, host) in hosts.enumerated() { _ = try await plan(number, host, controller) }
        let damaged = hosts.remove(at: 2)
        try await controller.store.damageJob(of: damaged)
        let others = hosts
        try await controller.running {
            let haveTheirs = try await controller.eventually {
                others.allSatisfy { published($0, controller)?.jobs.count == 1 }
            }
            #expect(haveTheirs)
            #expect(published(damaged, controller) == nil)
        }
    }

    @Test func aHostIsSentAtMostOneSetASecond() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            let before = controller.time.monotonic()
            let first = try await plan(1, host, controller)
            #expect(try await controller.eventually { published(host, controller)?.jobs.map(\.id) == [first] })
            for number in 2...9 { _ = try await plan(number, host, controller) }
            #expect(try await controller.eventually { published(host, controller)?.jobs.count == 9 })
            #expect(controller.time.monotonic() >= before + .seconds(1))
            #expect(published(host, controller)?.revision == 2)
        }
    }

    @Test func whatTheBrokerCannotTakeNowItGetsLater() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            #expect(try await controller.eventually { controller.bus.statistics.connections == 1 })
            controller.broker.kill()
            let job = try await plan(1, host, controller)
            try await controller.pass(.seconds(5))
            #expect(published(host, controller) == nil)
            controller.broker.start()
            #expect(
                try await controller.eventually(within: .seconds(300)) {
                    published(host, controller)?.jobs.map(\.id) == [job]
                })
            #expect(published(host, controller)?.revision == 1)
        }
    }

    @Test func aBrokerThatHasLostItsDataIsGivenTheSetAgain() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            let job = try await plan(1, host, controller)
            #expect(try await controller.eventually { published(host, controller) != nil })
            controller.broker.kill()
            controller.broker.wipe()
            controller.broker.start()
            let presence = Presence(
                state: .online, session: .random(), agentVersion: "1", bootID: "b", time: controller.time.now())
            let agent = try await controller.client()
            #expect(
                try await controller.eventually(within: .seconds(300)) {
                    try await agent.send(presence, to: .presence(host), retain: true)
                    return published(host, controller)?.jobs.map(\.id) == [job]
                })
        }
    }

    @Test func ofARemovedHostTheBrokerKeepsNothing() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            _ = try await plan(1, host, controller)
            let agent = try await controller.client()
            let presence = Presence(
                state: .online, session: .random(), agentVersion: "1", bootID: "b", time: controller.time.now())
            try await agent.send(presence, to: .presence(host), retain: true)
            #expect(try await controller.eventually { published(host, controller) != nil })
            try await controller.store.removeHost("bench-1", by: "tester")
            let topics = [Topic.jobs(host), .presence(host)].map { $0.name(in: controller.store.fleet) }
            #expect(try await controller.eventually { topics.allSatisfy { controller.broker.retained($0) == nil } })
            // Its will comes late.
            try await agent.send(presence, to: .presence(host), retain: true)
            #expect(try await controller.eventually { topics.allSatisfy { controller.broker.retained($0) == nil } })
        }
    }
}

extension FleetStore {
    fileprivate func damageJob(of host: HostID) throws {
        try connection.execute("UPDATE jobs SET arguments = '{' WHERE host = ?", [host.description])
    }
}
