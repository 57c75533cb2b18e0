import FleetModel
import FleetRuntime
import HostPower

/// What becomes of all that when the host sleeps or shuts down.
extension AgentSession {
    /// What guests get of the time that there is; the rest is for leaving the broker.
    private static let shareForGuests = 0.75

    func on(_ event: HostPower.Event) async {
        switch event {
        case .preparing(let occasion, let lock): await prepare(for: occasion, lock)
        case .resumed:
            logger.notice("the host goes on")
            announced = .online
            presence.withLock { $0.invalidate() }
            bus.resume()
            publishing.send(())
            resuming.send(())
        }
    }

    private func prepare(for occasion: HostPower.Occasion, _ lock: DelayLock) async {
        let end = time.monotonic() + lock.limit
        let limit = lock.limit * Self.shareForGuests
        announced = occasion == .sleep ? .sleeping : .offline
        let event = HostEvent(
            what: occasion == .sleep ? "sleeping" : "shutting-down",
            message: "the host \(occasion == .sleep ? "goes to sleep" : "shuts down"), and waits for \(lock.limit)")
        logger.notice(event.message)
        let (busy, policies) = (await jobs.hold(), await jobs.powerPolicies)
        let tasks = [
            Task {
                await self.guests.prepare(
                    for: occasion, by: policies, sparing: busy, within: limit, of: lock.delay)
            },
            Task {
                await self.record(.hostPower, event)
                await self.announce()
            },
        ]
        if await !time.wait(for: tasks, within: limit) {
            logger.warning("not all was ready in time for the host's \(occasion.rawValue)")
        }
        await time.wait(for: [Task { await self.bus.suspend() }], within: end - time.monotonic())
        lock.release()
    }

    /// Returns when the broker has taken it, or cannot.
    private func announce() async {
        guard isConnected else { return }
        do {
            await gatherFacts()
            try await publishPresence(announced)
        } catch {
            logger.debug("that the host is \(announced.rawValue) was not sent: \(error)")
        }
    }

    /// The host is awake, or this agent has just started or found libvirt again: who was held goes on.
    func goOn() async {
        guard announced == .online else { return }
        let awake = await guests.resume()
        if !awake.isEmpty {
            await record(
                .hostPower,
                HostEvent(what: "resumed", message: "\(awake.count) VMs go on that stood still with the host"))
        }
        // The host may be about to sleep once more.
        guard announced == .online else { return }
        await jobs.release()
        await guests.setTime(of: awake)
    }
}
