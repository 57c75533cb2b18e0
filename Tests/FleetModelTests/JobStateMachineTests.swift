import FleetRuntime
import Testing

@testable import FleetModel

@Suite struct JobStateMachineTests {
    typealias Event = JobStateMachine.Event
    static let events: [Event] =
        [.published, .withdrawn, .expired, .silent, .confirmedGone] + JobState.allCases.map { .reported($0) }

    /// Every state a job can be in, reached through events alone.
    static let machines: [JobStateMachine] = {
        var found: [JobStateMachine] = [JobStateMachine()]
        var index = 0
        while index < found.count {
            for event in events {
                var next = found[index]
                _ = next.handle(event)
                if !found.contains(next) { found.append(next) }
            }
            index += 1
        }
        return found
    }()

    @Test func `every state can be reached`() {
        #expect(Set(Self.machines.map(\.state)) == Set(JobState.allCases))
    }

    @Test func `nothing changes a final state`() {
        for machine in Self.machines where machine.state.isTerminal {
            for event in Self.events {
                var next = machine
                let outcome = next.handle(event)
                #expect(next.state == machine.state, "\(machine.state) on \(event)")
                #expect(outcome == .refused || outcome == .unchanged, "\(machine.state) on \(event)")
            }
        }
    }

    @Test func `any report of the host overrides a presumption`() {
        for machine in Self.machines where machine.state.isPresumption {
            for state in JobState.allCases where state.isReportedByAgent {
                var next = machine
                #expect(next.handle(.reported(state)) == .moved(state))
            }
        }
    }

    @Test func `the controller's own states cannot be reported`() {
        for machine in Self.machines {
            for state in JobState.allCases where !state.isReportedByAgent {
                var next = machine
                #expect(next.handle(.reported(state)) == .refused)
                #expect(next == machine)
            }
        }
    }

    @Test func `the outcome tells what happened`() {
        for machine in Self.machines {
            for event in Self.events {
                var next = machine
                switch next.handle(event) {
                case .moved(let state):
                    #expect(next.state == state && state != machine.state, "\(machine.state) on \(event)")
                case .unchanged, .refused: #expect(next.state == machine.state, "\(machine.state) on \(event)")
                }
                #expect(next.published || !machine.published, "\(machine.state) on \(event)")
            }
        }
    }

    /// A host that works is believed, whatever the operator or the clock says meanwhile.
    @Test func `a started job can no longer be taken back`() {
        for state in [JobState.applying, .verifying, .rollingBack] {
            for event in [Event.withdrawn, .expired, .confirmedGone] {
                var machine = JobStateMachine(state: state, published: true)
                #expect(machine.handle(event) == .refused)
            }
            var machine = JobStateMachine(state: state, published: true)
            #expect(machine.handle(.silent) == .moved(.lost))
            #expect(machine.handle(.reported(.succeeded)) == .moved(.succeeded))
        }
    }

    @Test func `an unpublished job is withdrawn at once, a published one when the host agrees`() {
        var never = JobStateMachine()
        #expect(never.handle(.withdrawn) == .moved(.withdrawn))
        var offered = JobStateMachine()
        #expect(offered.handle(.published) == .moved(.offered))
        #expect(offered.handle(.withdrawn) == .moved(.withdrawing))
        #expect(offered.handle(.confirmedGone) == .moved(.withdrawn))
        var expiring = JobStateMachine(state: .offered, published: true)
        #expect(expiring.handle(.expired) == .moved(.expiring))
        #expect(expiring.handle(.confirmedGone) == .moved(.expired))
    }

    /// An agent moves on step by step; a controller that missed any of the reports ends where the agent is.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func `missed reports do not matter`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var agent = JobState.accepted
        var reports = [agent]
        for _ in 0..<30 {
            guard let next = agent.successors.sorted(by: { $0.rawValue < $1.rawValue }).randomElement(using: &random)
            else { break }
            agent = next
            reports.append(next)
        }
        var controller = JobStateMachine(state: .offered, published: true)
        for report in reports.dropLast() where Bool.random(using: &random) {
            #expect(controller.handle(.reported(report)) != .refused, "seed \(seed): \(reports)")
        }
        #expect(controller.handle(.reported(agent)) != .refused, "seed \(seed): \(reports)")
        #expect(controller.state == agent, "seed \(seed): \(reports)")
    }

    /// A report sent again, or late, never takes a job back to where it cannot be any more.
    @Test func `no report leads back from a started job to one that waits`() {
        for started in [JobState.applying, .verifying, .rollingBack] {
            for earlier in [JobState.accepted, .rejected, .waiting, .staging, .ready, .withdrawn, .expired] {
                var machine = JobStateMachine(state: started, published: true)
                #expect(machine.handle(.reported(earlier)) == .refused, "\(started), then \(earlier)")
            }
        }
    }
}
