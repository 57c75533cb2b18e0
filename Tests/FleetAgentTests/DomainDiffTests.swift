import FleetModel
import Hypervisor
import Testing

@testable import FleetAgent

@Suite struct DomainDiffTests {
    private let id = VMID.random()

    private func domain(_ state: VMDocument.State, name: String = "office", persistent: Bool = true) -> Domain {
        Domain(id: id, name: name, state: state, memoryBytes: 1, vcpus: 1, persistent: persistent)
    }

    private func words(_ old: Domain?, _ new: Domain?) -> [String] {
        let known = old.map { [id: KnownDomain($0)] } ?? [:]
        let events = DomainDiff.events(from: known, to: new.map { [$0] } ?? [])
        #expect(events.allSatisfy { $0.synthesised && $0.vm == id })
        return events.map(\.event)
    }

    @Test func theFirstLookEverIsTheBaseline() {
        #expect(DomainDiff.events(from: nil, to: [domain(.running)]).isEmpty)
    }

    @Test(arguments: [
        (VMDocument.State.shutoff, VMDocument.State.running, ["started"]), (.running, .shutoff, ["stopped"]),
        (.running, .paused, ["suspended"]), (.paused, .running, ["resumed"]), (.running, .blocked, []),
        (.running, .crashed, ["crashed"]), (.crashed, .running, ["started"]), (.running, .running, []),
        (.running, .pmSuspended, ["pm-suspended"]), (.pmSuspended, .running, ["resumed"]),
        (.running, .unknown, []), (.shutoff, .noState, []), (.shutoff, .crashed, ["crashed"]),
    ])
    func stateChangesBecomeEvents(old: VMDocument.State, new: VMDocument.State, expected: [String]) {
        #expect(words(domain(old), domain(new)) == expected)
    }

    @Test func comingAndGoing() {
        #expect(words(nil, domain(.shutoff)) == ["defined"])
        #expect(words(nil, domain(.running)) == ["defined", "started"])
        #expect(words(nil, domain(.running, persistent: false)) == ["started"])
        #expect(words(domain(.running), nil) == ["stopped", "undefined"])
        #expect(words(domain(.shutoff), nil) == ["undefined"])
        #expect(words(domain(.running, persistent: false), nil) == ["stopped"])
        #expect(words(domain(.shutoff), domain(.shutoff, name: "renamed")) == ["defined"])
    }
}
