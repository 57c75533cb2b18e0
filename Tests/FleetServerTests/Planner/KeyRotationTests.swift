import FleetModel
import FleetServer
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Signing
import Testing

@testable import FleetServer

/// What is on the bus while keys change.
@Suite struct KeyRotationTests {
    /// The keys that have signed what the broker keeps, as their IDs, once it is opened by one of them.
    private func signers<Intent: SignedIntent>(
        _ type: Intent.Type, _ topic: Topic, _ controller: ControllerFixture
    ) -> [String] {
        guard let message = controller.broker.retained(topic.name(in: controller.store.fleet)),
            let envelope = try? Envelope(json: message.payload, maximumBytes: 1 << 20),
            (try? envelope.open(expectedType: Intent.payloadType, keys: controller.keys.current.verifyingKeys)) != nil
        else { return [] }
        return envelope.signatures.map(\.keyid)
    }

    private func named(_ host: HostID, _ controller: ControllerFixture) -> [VerifyingKey]? {
        guard let message = controller.broker.retained(Topic.desired(host).name(in: controller.store.fleet)) else {
            return nil
        }
        let gate = IntentGate<DesiredState>(fleet: controller.store.fleet, host: host)
        guard
            case .accept(let state, _) = gate.judge(
                envelope: message.payload, keys: controller.keys.current.verifyingKeys, now: controller.time.now())
        else { return nil }
        return state.keys
    }

    private func plan(_ host: HostID, _ controller: ControllerFixture) async throws {
        _ = try await controller.store.planJob(
            JobID("01ARZ3NDEKTSV4RRFFQ69G1001")!, host: host, kind: "vm.start", arguments: .object([:]),
            expiresAt: controller.time.now() + 86400, by: "tester")
    }

    @Test func bothKeysSignWhileOneFollowsTheOther() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            try await plan(host, controller)
            let old = controller.keys.current.verifyingKeys[0]
            #expect(try await controller.eventually { signers(JobSet.self, .jobs(host), controller) == [old.keyID] })
            #expect(named(host, controller) == nil, "there is nothing to be said")

            let new = try controller.keys.rotate()
            try await controller.store.signersChanged("key.rotate", key: new.keyID, by: "tester")
            let both = [old.keyID, new.keyID]
            #expect(try await controller.eventually { signers(JobSet.self, .jobs(host), controller) == both })
            #expect(try await controller.eventually { signers(DesiredState.self, .desired(host), controller) == both })
            #expect(named(host, controller) == [old, new])

            try controller.keys.retire(old.keyID)
            try await controller.store.signersChanged("key.retire", key: old.keyID, by: "tester")
            #expect(try await controller.eventually { signers(JobSet.self, .jobs(host), controller) == [new.keyID] })
            #expect(try await controller.eventually { named(host, controller) == [new] })
            #expect(signers(DesiredState.self, .desired(host), controller) == [new.keyID])
        }
    }

    /// The keys' file was replaced, and the controller died before it could do anything about it.
    @Test(arguments: [2, 1]) func aControllerThatDiedInTheMiddleGoesOn(left: Int) async throws {
        let directory = try TemporaryDirectory()
        let first = try ControllerFixture(directory: directory.path)
        let host = try await first.host("bench-1")
        try await first.running {
            try await plan(host, first)
            if left == 1 { _ = try first.keys.rotate() }
            #expect(try await first.eventually { !signers(JobSet.self, .jobs(host), first).isEmpty })
        }
        let keys = first.keys.current.keys
        let after = left == 2 ? keys + [try .generate()] : [keys[1]]
        try KeyRing(after).save(to: directory.file("signing.pem"))

        let second = try ControllerFixture(directory: directory.path)
        #expect(second.keys.current.verifyingKeys == after.map(\.verifyingKey))
        try await second.running {
            let keys = after.map(\.verifyingKey)
            let areSigned = try await second.eventually {
                signers(JobSet.self, .jobs(host), second) == keys.map(\.keyID)
            }
            #expect(areSigned)
            #expect(try await second.eventually { named(host, second) == keys })
        }
    }

    @Test func oneChangeIsMadeAtATime() throws {
        let directory = try TemporaryDirectory()
        let keys = try ControllerKeys(path: directory.file("signing.pem"))
        let old = keys.current.verifyingKeys[0]
        #expect(throws: Problem.self) { try keys.retire(old.keyID) }
        #expect(throws: Problem.self) { try keys.retire("0123456789abcdef") }
        let new = try keys.rotate()
        #expect(throws: Problem.self) { try keys.rotate() }
        #expect(try ControllerKeys(path: directory.file("signing.pem")).current.verifyingKeys == [old, new])
        // What does not reach the disk does not count.
        try FileManager.default.createDirectory(
            atPath: directory.file("signing.pem.part"), withIntermediateDirectories: false)
        #expect(throws: (any Error).self) { try keys.retire(old.keyID) }
        #expect(keys.current.verifyingKeys == [old, new])
        try FileManager.default.removeItem(atPath: directory.file("signing.pem.part"))
        // Either may go: this change is called off.
        try keys.retire(new.keyID)
        #expect(try ControllerKeys(path: directory.file("signing.pem")).current.verifyingKeys == [old])
    }
}
