import FleetModel
import HostInspection
import Hypervisor
import MessageBus
import Provisioning
import Signing

/// What the host is, and what became of it since the last look.
extension AgentSession {
    func inspect() async {
        if let information = try? await hypervisor.information() {
            hypervisorSoftware = SoftwareDocument.Hypervisor(
                uri: information.uri, libvirtVersion: information.libvirtVersion,
                version: information.hypervisorVersion,
                networks: (try? await hypervisor.networks().sorted()) ?? hypervisorSoftware?.networks)
        }
        if let answer = try? await hypervisor.storagePools() {
            pools = answer.map {
                StorageDocument.Pool(
                    name: $0.name, active: $0.active, capacityBytes: $0.capacityBytes, path: $0.path)
            }
        }
        let domains = registry.domains.values
        let given = domains.flatMap { domain in domain.assignedDevices.map { ($0, domain.name) } }
        let subject = InspectionSubject(
            root: settings.root, agentVersion: settings.agentVersion, hypervisor: hypervisorSoftware, pools: pools,
            imagesDirectory: settings.imagesDirectory,
            // A device may be in the definitions of several VMs, of which one runs at a time.
            assignments: Dictionary(given) { min($0, $1) },
            restlessVMs: domains.filter(\.isRestless).map(\.name).sorted(), profiles: settings.profiles)
        let inspection = await inspector.inspect(subject)
        do {
            for document in try inspection.documents() {
                let topic = Topic.inventory(settings.host, document.part)
                var message = retained(topic, document.json)
                let digest = SHA256Hasher.digest(of: document.json)
                message.userProperties = [.init(InventoryPart.digestProperty, digest.description)]
                outbox.set(topic, message)
            }
        } catch {
            logger.error("cannot write what the host is: \(error)")
        }
        publishing.send(())
        await recordChanges(to: inspection)
    }

    /// The changes are recorded before they are remembered as known: a crash in between repeats them, and loses none.
    private func recordChanges(to inspection: Inspection) async {
        let diff = InspectionDiff(from: knownHost, to: inspection)
        for change in diff.changes {
            logger.notice("the host has changed: \(change.message)")
            await record(.hostChanged, HostEvent(what: change.what, message: change.message))
        }
        guard diff.known != knownHost else { return }
        knownHost = diff.known
        do {
            try await blocking.run { [knownHostFile] in try knownHostFile.write(diff.known) }
        } catch {
            logger.error("cannot remember the host in \(knownHostFile.path): \(error)")
        }
    }
}
