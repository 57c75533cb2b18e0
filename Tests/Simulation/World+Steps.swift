import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor

extension World {
    /// One thing that happens on a bad day.
    func step() async throws {
        let host = hosts.randomElement(using: &random)!
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<170: try await stepController()
        case 170..<350:
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                try await deliverUp(
                    hosts.randomElement(using: &random)!, keep: chance(5), drop: chance(5),
                    at: chance(20) ? Int.random(in: 0..<4, using: &random) : 0)
            }
        case 350..<500: try await deliverDown(host)
        case 500..<590: try await evaluate(host)
        case 590..<690: try await goOn()
        case 690..<760: try await speak(host)
        case 760..<850: try await pass([1, 2, 5, 10, 30, 60, 300, 900, 3600].randomElement(using: &random)!)
        case 850..<870:
            if host.isRunning { try await crash(host) } else { try await start(host) }
        case 870..<890:
            if host.isAsleep { try await wake(host) } else { try await sleep(host) }
        case 890..<905:
            if host.isConnected { try await disconnect(host) } else { try await connect(host) }
        case 905..<917: try await jump(host)
        case 917..<922: try await breakDisk(host)
        case 922..<932: breakGuest(host)
        case 932..<938: try await applyRollout()
        case 938..<960: try await planJob()
        case 960..<970: try await cancelJob()
        case 970..<988:
            guard !intents.isEmpty else { return try await applyRollout() }
            let request = [RolloutRequest.pause, .resume, .resume, .retry, .abort].randomElement(using: &random)!
            try await requestOfRollout(request, Int.random(in: 0..<intents.count, using: &random))
        case 988..<992: try await restartController()
        case 992..<995: try await breakController()
        case 995..<996:
            tell("the broker forgets")
            network.forget()
            for host in hosts { try await disconnect(host) }
        default: try await backUp()
        }
    }

    /// A job that is held somewhere goes on to its next point, or its agent dies right there.
    private func goOn() async throws {
        guard let host = hosts.filter({ $0.gate?.parkedJobs.isEmpty == false }).randomElement(using: &random) else {
            return
        }
        if chance(10) { try await crash(host) } else { try await letGo(host) }
    }

    private func deliverDown(_ host: SimulatedHost) async throws {
        guard var queue = network.down[host.id], !queue.isEmpty else { return }
        let index = chance(15) ? Int.random(in: 0..<min(3, queue.count), using: &random) : 0
        let message = chance(5) ? queue[index] : queue.remove(at: index)
        network.down[host.id] = queue
        if chance(5) { return }
        try await deliver(message, to: host)
    }

    private func sleep(_ host: SimulatedHost) async throws {
        guard host.isRunning else { return }
        // Without a network nobody hears it.
        try await disconnect(host, saying: .sleeping)
        tell("host \(host.index): sleeps")
        host.isAsleep = true
    }

    private func wake(_ host: SimulatedHost) async throws {
        tell("host \(host.index): wakes up")
        host.isAsleep = false
        if chance(70) { try await connect(host) }
        try await evaluate(host)
    }

    private func jump(_ host: SimulatedHost) async throws {
        if host.isClockSynchronised {
            host.isClockSynchronised = false
            let seconds = [-86_400.0, -7200, -300, 300, 7200, 86_400].randomElement(using: &random)!
            host.clockOffset = seconds
            host.time.jump(by: .seconds(seconds))
            tell("host \(host.index): its clock jumps by \(seconds) s")
        } else {
            synchronise(host)
        }
        try await evaluate(host)
    }

    private func synchronise(_ host: SimulatedHost) {
        host.time.jump(by: .seconds(-host.clockOffset))
        host.clockOffset = 0
        host.isClockSynchronised = true
    }

    private func breakDisk(_ host: SimulatedHost) async throws {
        tell("host \(host.index): its disk \(host.isDiskBroken ? "works again" : "breaks")")
        try await host.setDiskBroken(!host.isDiskBroken)
    }

    private func breakGuest(_ host: SimulatedHost) {
        tell("host \(host.index): its guest will not restart")
        host.hypervisor.fail(
            .reboot, with: HypervisorError(.failed, operation: "reboot", object: "office", message: "it does not"))
    }

    private func restartController() async throws {
        tell("the controller \(controller.isRunning ? "dies" : "starts")")
        guard controller.isRunning else { return try await startController() }
        controller.crash()
        if chance(70) { try await startController() }
    }

    private func startController() async throws {
        try await controller.start()
        // Agents notice by its presence.
        for host in hosts where host.isConnected { host.spool.tell { $0.controllerCame() } }
    }

    private func breakController() async throws {
        tell("the controller's disk \(controller.isDiskBroken ? "works again" : "breaks")")
        try await controller.setDiskBroken(!controller.isDiskBroken)
    }

    private func backUp() async throws {
        guard controller.isRunning, !controller.isDiskBroken else { return }
        if chance(60) {
            tell("the controller is backed up")
            try await controller.makeBackup()
        } else if try await controller.restore() {
            tell("the controller is restored")
            referee.forget()
            for host in hosts where host.isConnected { host.spool.tell { $0.controllerCame() } }
        }
    }

    // MARK: The end

    /// Everything works again, for long enough.
    func heal() async throws {
        tell("everything works again")
        if !controller.isRunning { try await startController() }
        try await controller.setDiskBroken(false)
        for host in hosts {
            try await host.setDiskBroken(false)
            synchronise(host)
            host.isAsleep = false
            if !host.isRunning { try await start(host) }
            // What was lost on the way comes with the next connection.
            try await disconnect(host)
            try await connect(host)
        }
        for round in 0..<400 {
            for _ in 0..<4 {
                try await stepController()
                for host in hosts { try await talk(host) }
                if hosts.allSatisfy({ network.down[$0.id]?.isEmpty != false }) { break }
            }
            if round % 8 == 7 { for index in intents.indices { try await requestOfRollout(.resume, index) } }
            if try await isAtRest() { break }
            try await pass(round < 8 ? 60 : 3600)
            if !ledger.violations.isEmpty { return }
        }
        try await referee.judgeEnd(controller, intents, hosts)
    }

    /// Nothing is lost between the two, and nothing is late.
    private func talk(_ host: SimulatedHost) async throws {
        while let message = network.down[host.id]?.first {
            network.down[host.id]?.removeFirst()
            try await deliver(message, to: host)
        }
        try await evaluate(host)
        while host.gate?.parkedJobs.isEmpty == false { try await letGo(host) }
        try await speak(host)
        while network.up[host.id]?.isEmpty == false { try await deliverUp(host) }
    }

    private func isAtRest() async throws -> Bool {
        guard hosts.allSatisfy(\.spool.isEmpty) else { return false }
        return try await controller.isAtRest()
    }
}
