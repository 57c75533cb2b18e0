import FleetModel
import FleetRuntime
import HostPower
import Hypervisor

/// Pauses, saves or shuts down guests before their host sleeps or shuts down, and lets those go on that it has held.
///
/// A call to libvirt may hang with its guest, so each guest has a task of its own, which nobody waits for longer than
/// there is time.
actor GuestPower {
    enum Hold: String, Codable, Sendable { case paused, saved }

    /// What a guest gets that was asked to shut down, of the time for all.
    private static let shareToShutDown = 0.8
    /// For one guest to go on, libvirt's work included.
    private static let patience = Duration.seconds(60)

    private let hypervisor: any Hypervisor
    private let file: StateFile<[VMID: Hold]>
    private let time: any TimeSource
    private let logger: Logger
    private let record: @Sendable (HostEvent) async -> Void
    private let blocking = BlockingWork(name: "power-file")
    /// As the file has it: an agent that is killed meanwhile lets them go on at its next start.
    private var held: [VMID: Hold]
    private var work: [VMID: Task<Void, Never>] = [:]
    private var goingOn: Set<VMID> = []
    /// Those that go on and that `resume` has not told of.
    private var awake: Set<VMID> = []
    private var isPreparing = false
    /// How often the host was about to sleep or shut down.
    private var preparations = 0

    init(
        hypervisor: any Hypervisor, file: StateFile<[VMID: Hold]>, time: any TimeSource, logger: Logger,
        record: @escaping @Sendable (HostEvent) async -> Void
    ) {
        self.hypervisor = hypervisor
        self.file = file
        self.time = time
        self.logger = logger
        self.record = record
        held = file.read() ?? [:]
    }

    /// Does with each VM what a policy says, or else its profile. Returns when all is done; a guest that hangs can make that never.
    /// - Parameters:
    ///   - policies: the host's own.
    ///   - spared: VMs that are left as they are.
    ///   - limit: after which nothing is begun.
    ///   - delay: logind's InhibitDelayMaxSec, of which `limit` is a part.
    func prepare(
        for occasion: HostPower.Occasion, by policies: [PowerPolicy], sparing spared: Set<VMID>, within limit: Duration,
        of delay: Duration
    ) async {
        isPreparing = true
        preparations += 1
        let end = time.monotonic() + limit * Self.shareToShutDown
        do {
            let domains = try await hypervisor.domains()
            let plan = PowerPlan(occasion, domains, by: policies, sparing: spared, within: limit)
            await tellUnsaved(plan, occasion, delay)
            if occasion == .sleep { try await hold(plan.actions.compactMapValues(\.hold)) }
            guard isPreparing else { return }
            for domain in domains {
                guard let action = plan.actions[domain.id] else { continue }
                work[domain.id] = Task { await self.perform(action, on: domain, occasion, until: end) }
            }
        } catch {
            logger.error("guests stay as they are: \(error)")
        }
        for task in work.values { await task.value }
    }

    /// Lets the guests go on that were held, whoever held them: this life of the agent, or one before.
    /// - Returns: those that do.
    func resume() async -> Set<VMID> {
        isPreparing = false
        let asleep = held.keys.filter { !goingOn.contains($0) }
        goingOn.formUnion(asleep)
        await time.wait(for: asleep.map { id in Task { await self.goOn(id) } }, within: Self.patience)
        defer { awake = [] }
        return awake
    }

    /// Sets the clocks of guests, which stood still. A guest agent that has just got its memory back takes a moment.
    func setTime(of guests: Set<VMID>) async {
        await withDiscardingTaskGroup { group in
            for id in guests { group.addTask { await self.setTime(of: id) } }
        }
    }

    private func setTime(of id: VMID) async {
        for _ in 1...3 where !isPreparing {
            do {
                return try await hypervisor.setTime(id, within: .seconds(5))
            } catch {
                logger.with("vm", id).info("its clock is not set: \(error)")
                guard error.code == .timeout, (try? await time.sleep(for: .seconds(2))) != nil else { return }
            }
        }
    }

    private func tellUnsaved(_ plan: PowerPlan, _ occasion: HostPower.Occasion, _ delay: Duration) async {
        guard !plan.unsaved.isEmpty else { return }
        let names = plan.unsaved.map(\.name).sorted().joined(separator: ", ")
        let instead = PowerPlan.instead(of: occasion) == .pause ? "paused" : "shut down"
        let needed = Int((delay.seconds * plan.saving).rounded(.up))
        let message = """
            there is no time to save the memory of \(names), which are \(instead) instead; \
            write InhibitDelayMaxSec=\(needed) below [Login] into /etc/systemd/logind.conf.d/virtfleet.conf
            """
        logger.warning(message)
        await record(HostEvent(what: "no-time-to-save", message: message))
    }

    private func perform(
        _ action: PowerPlan.Action, on domain: Domain, _ occasion: HostPower.Occasion, until end: Duration
    ) async {
        guard isPreparing else { return }
        let logger = logger.with("vm", domain.name)
        do {
            switch action {
            case .pause: try await hypervisor.suspend(domain.id)
            case .save:
                do {
                    try await hypervisor.save(domain.id)
                } catch {
                    logger.warning("cannot save its memory: \(error)")
                    await perform(PowerPlan.instead(of: occasion), on: domain, occasion, until: end)
                }
            case .shutdown:
                guard try await !shutDown(domain.id, until: end) else { return }
                logger.notice("does not shut down in the time that there is")
                guard occasion == .sleep else { return }
                try await hold([domain.id: .paused])
                await perform(.pause, on: domain, occasion, until: end)
            }
        } catch {
            logger.warning("it stays as it is: \(error)")
        }
    }

    /// - Returns: whether it is off.
    private func shutDown(_ id: VMID, until end: Duration) async throws -> Bool {
        // Nobody waits for the call, which may take libvirt's minute: what comes of it is seen at the domain.
        Task { [hypervisor] in try? await hypervisor.shutdown(id) }
        while isPreparing, time.monotonic() < end {
            if try await !hypervisor.domain(id).state.isActive { return true }
            try await time.sleep(for: .milliseconds(100))
        }
        return false
    }

    private func goOn(_ id: VMID) async {
        defer { goingOn.remove(id) }
        while held[id] != nil, !isPreparing {
            let preparation = preparations
            await work.removeValue(forKey: id)?.value
            guard await isThroughWith(id, since: preparation) else { return }
            // It may be held once more meanwhile, for the next sleep.
            if preparation == preparations { return await forget(id) }
        }
    }

    /// - Returns: whether nothing more can be done for it: it goes on, is gone, or does not go on, which is told; false while
    ///   libvirt is away.
    private func isThroughWith(_ id: VMID, since preparation: Int) async -> Bool {
        let end = time.monotonic() + Self.patience / 2
        while let hold = held[id], preparation == preparations {
            do {
                try await letGoOn(id, hold)
                return true
            } catch  where error.code == .disconnected {
                logger.with("vm", id).warning("it waits for libvirt: \(error)")
                return false
            } catch  where error.code == .noSuchDomain {
                return true
            } catch {
                // libvirt may still be at saving it.
                if time.monotonic() < end, (try? await time.sleep(for: .seconds(1))) != nil { continue }
                logger.with("vm", id).error("it does not go on: \(error)")
                await record(HostEvent(what: "not-resumed", message: "VM \(id) does not go on: \(error)"))
                return true
            }
        }
        return true
    }

    private func letGoOn(_ id: VMID, _ hold: Hold) async throws(HypervisorError) {
        let domain = try await hypervisor.domain(id)
        if domain.state == .paused {
            try await hypervisor.resume(id)
        } else if hold == .saved, domain.state == .shutoff, try await hypervisor.hasManagedSave(id) {
            try await hypervisor.start(id)
        } else {
            return
        }
        awake.insert(id)
    }

    private func forget(_ id: VMID) async {
        held[id] = nil
        do {
            try await remember()
        } catch {
            logger.error("cannot forget in \(file.path) that VM \(id) was held: \(error)")
        }
    }

    /// Before anything is done with them.
    private func hold(_ guests: [VMID: Hold]) async throws {
        guard !guests.isEmpty else { return }
        held.merge(guests) { $1 }
        try await remember()
    }

    private func remember() async throws {
        try await blocking.run { [file, held] in try file.write(held) }
    }
}

extension PowerPlan.Action {
    /// How it leaves a guest that shall go on.
    fileprivate var hold: GuestPower.Hold? {
        switch self {
        case .pause: .paused
        case .save: .saved
        case .shutdown: nil
        }
    }
}
