import FleetModel
import FoundationEssentials
import Hypervisor
import MessageBus

/// What happens to the VMs.
extension AgentSession {
    func on(_ event: HypervisorEvent) async {
        switch event {
        case .connected(let domains):
            logger.notice("connected to the hypervisor, which has \(domains.count) domains")
            inspecting.send(())
            resuming.send(())
        case .disconnected(let reason): logger.warning("the hypervisor cannot be reached: \(reason)")
        default: break
        }
        await perform(registry.on(event))
    }

    private func perform(_ actions: [DomainRegistry.Action]) async {
        for action in actions {
            switch action {
            case .record(let type, let event):
                logger.with("vm", event.name).info("\(type.rawValue) \(event.event)")
                await record(type, event)
                if event.event == "stopped" { await jobs.vmStopped(event.vm) }
            case .recordConnection(let event): await record(.hypervisorConnection, event)
            case .refresh(let id): await refresh(id)
            case .askGuest(let id): asking.send(id)
            case .lookAtDetails(let id): details.changed.send(id)
            case .inspectHost: inspecting.send(())
            case .publish(let document): set(.vm(settings.host, document.id), document)
            case .withdraw(let id): outbox.set(.vm(settings.host, id), retained(.vm(settings.host, id), []))
            case .remember: await remember()
            }
        }
        publishing.send(())
    }

    private func refresh(_ id: VMID) async {
        do {
            await perform(registry.refreshed(id, try await hypervisor.domain(id)))
        } catch {
            guard error.code == .noSuchDomain else {
                // Unreachable: the next connection brings all domains.
                logger.debug("cannot look at domain \(id): \(error)")
                return
            }
            await perform(registry.refreshed(id, nil))
        }
    }

    /// Where VMs run has changed without an event, and what was made of devices for them may be gone.
    func refreshMoved() async {
        guard let domains = try? await hypervisor.domains() else { return }
        for domain in domains where registry.domains[domain.id] != domain { await refresh(domain.id) }
        if domains.contains(where: { $0.demand?.asksForDevices == true || !$0.mediatedDevices.isEmpty }) {
            inspecting.send(())
        }
    }

    func followPowerPolicies() async {
        let policies = await jobs.powerPolicies
        await perform(registry.follow(policies))
    }

    /// One that does not answer is asked again with the others.
    func ask(_ id: VMID) async {
        do {
            await perform(registry.told(id, try await hypervisor.guestInformation(id, within: .seconds(5))))
        } catch {
            logger.debug("cannot ask the guest of domain \(id): \(error)")
        }
    }

    func askAllGuests() { for id in registry.talkative { asking.send(id) } }

    func lookAtDetails(of id: VMID) async {
        guard let domain = registry.domains[id] else { return }
        do {
            await perform(registry.told(id, try await details.read(domain)))
        } catch {
            logger.with("vm", domain.name).warning("cannot look at its snapshots and its definition: \(error)")
        }
    }

    func lookAtAllDetails() { for id in registry.domains.keys.sorted() { details.changed.send(id) } }

    private func remember() async {
        guard let known = registry.known else { return }
        do {
            try await blocking.run { [knownDomainsFile] in try knownDomainsFile.write(KnownDomains(domains: known)) }
        } catch {
            logger.error("cannot remember the domains in \(knownDomainsFile.path): \(error)")
        }
    }

    private func set(_ topic: Topic, _ document: VMDocument) {
        do {
            outbox.set(topic, retained(topic, Array(try FleetJSON.encode(document))))
        } catch {
            logger.error("cannot write the document of VM \(document.id): \(error)")
        }
    }

    func retained(_ topic: Topic, _ payload: [UInt8]) -> BusMessage {
        BusMessage(topic: topic.name(in: settings.fleet), payload: payload, retain: true)
    }
}
