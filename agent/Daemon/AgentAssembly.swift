import AgentSetup
import Configuration
import DurableStream
import FleetAgent
import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc
import HTTPClient
import HostInspection
import HostPower
import Hypervisor
import ImageStore
import MessageBus
import Placement
import Provisioning
import Telemetry

/// Puts an agent together from its configuration, and runs it.
struct AgentAssembly {
    private let configuration: AgentConfiguration
    private let profiles: [ResourceName: Profile]
    private let logger: Logger
    private let time = SystemTimeSource()
    private let stateDirectory: String
    private let imagesDirectory: String
    private let services = SystemServices()

    init(_ configuration: AgentConfiguration, profiles: [ResourceName: Profile]) {
        self.configuration = configuration
        self.profiles = profiles
        logger = Logger(label: "agent", level: configuration.log.level)
        let given = getenv("STATE_DIRECTORY").map { String(cString: $0) }
        stateDirectory = configuration.stateDirectory ?? given ?? AgentConfiguration.defaultStateDirectory
        imagesDirectory = configuration.images.directory ?? stateDirectory + "/images"
    }

    func run() async throws {
        guard let fleet = configuration.fleet, let host = configuration.host else {
            throw SetupError("the configuration names no fleet or no host")
        }
        guard let bootID = HostRoot().text("/proc/sys/kernel/random/boot_id") else {
            throw SetupError("cannot read /proc/sys/kernel/random/boot_id; is /proc mounted?")
        }
        let lock = try lockStateDirectory()
        defer { withExtendedLifetime(lock) {} }
        if let former = try HostFiles(in: stateDirectory).take(for: host) {
            logger.warning(
                "this machine was another host: the journal and the record of that one are kept in \(former), and nothing of them is done or told any more"
            )
        }
        try DurableFile.makeDirectory(imagesDirectory, mode: 0o755)

        let topics = Topics(fleet: fleet, host: host)
        let bus = MosquittoBus(try broker(host))
        let hypervisor = try LibvirtHypervisor(
            uri: configuration.libvirt.uri, tpmStates: configuration.libvirt.tpmStates, logger: logger, time: time)
        let spool = try Spool(path: stateDirectory + "/spool.db", time: time, bootID: bootID, logger: logger)
        let stream = StreamPublisher(spool: spool, time: time, logger: logger) { payload in
            try await bus.publish(BusMessage(topic: topics.stream, payload: payload))
        }
        let jobHost = try jobHost(hypervisor)
        let catalogue = SnapshotCatalogue(jobHost)
        let drift = DriftInspection(jobHost)
        let commands = GuestCommandCatalogue(jobHost)
        let details = VMDetailsWatch {
            VMDetails(
                snapshots: try await catalogue.snapshots(of: $0), drift: try await drift.differences(of: $0),
                guestCommands: try await commands.commands(of: $0), override: try await drift.override(of: $0))
        }
        let runner = try await jobs(fleet, host, bootID, jobHost, spool, bus, topics, details)
        let power = HostPower(logger: logger)
        defer { power.close() }
        let local = LocalService(
            path: configuration.socket, jobs: runner, seatedUsers: { [services] in try await services.seatedUsers() },
            time: time, logger: logger)
        let telemetry = Telemetry(imageDirectory: imagesDirectory, time: time)
        var settings = AgentSettings(
            fleet: fleet, host: host, agentVersion: ProductVersion.current, bootID: bootID,
            imagesDirectory: imagesDirectory, stateDirectory: stateDirectory)
        settings.inspectionInterval = configuration.inspection.interval.duration
        settings.profiles = profiles.map { ProfileNeeds($0, $1) }
        settings.metricsInterval = configuration.metrics.interval.duration
        let session = AgentSession(
            settings, bus: bus, hypervisor: hypervisor, spool: spool, stream: stream, jobs: runner,
            details: details, power: power.events, sample: { await telemetry.sample(hypervisor) }, time: time,
            logger: logger)

        logger.with("host", host).notice("starting, version \(ProductVersion.current)")
        // Stopped from the end: the session, with its farewell, after all that it carries.
        let services: [any Service] = [
            session, stream, runner, local, SystemdReporter(status: "fleet \(fleet), host \(host)", time: time),
        ]
        do {
            try await ServiceGroup(services, logger: logger).run()
        } catch {
            await hypervisor.close()
            throw error
        }
        await hypervisor.close()
    }

    private static func accelerator() async -> DomainSpecification.Accelerator {
        await BlockingWork(name: "kvm-wait").run { KVMProbe().state() } == .works ? .kvm : .tcg
    }

    /// What VMs can be placed on.
    private func inventory(_ assignments: [PCIAddress: String]) async -> MachineInventory? {
        let inspection = await HostInspector().inspect(
            InspectionSubject(
                root: HostRoot(), agentVersion: ProductVersion.current, imagesDirectory: imagesDirectory,
                assignments: assignments, includesMomentary: true))
        guard !inspection.cpu.threadList.isEmpty, inspection.memory.totalBytes != nil else { return nil }
        return MachineInventory(cpu: inspection.cpu, memory: inspection.memory, pci: inspection.pci)
    }

    /// Not that of a normal user's session, nor one inside an agent that a normal user runs.
    private var libvirtIsRoot: Bool {
        let uri = configuration.libvirt.uri
        return !uri.contains("session") && (!uri.contains("embed") || geteuid() == 0)
    }

    private struct Topics: Sendable {
        let stream: String
        let progress: String
        init(fleet: FleetName, host: HostID) {
            stream = Topic.stream(host).name(in: fleet)
            progress = Topic.progress(host).name(in: fleet)
        }
    }

    private func lockStateDirectory() throws -> FileLock {
        // QEMU's user passes through to the images below.
        try DurableFile.makeDirectory(stateDirectory, mode: 0o711)
        do {
            return try FileLock(stateDirectory + "/lock")
        } catch {
            guard error.isHeldElsewhere else { throw error }
            throw SetupError(
                "another agent runs in \(stateDirectory); stop it, or give this one a stateDirectory of its own")
        }
    }

    private func broker(_ host: HostID) throws -> MosquittoConfiguration {
        let broker = configuration.broker
        let port = broker.port?.number ?? (broker.tls == nil ? 1883 : 8883)
        return MosquittoConfiguration(
            host: broker.host, port: port, clientID: host.description,
            username: broker.username ?? host.description,
            password: try SecretFile.value(broker.password, file: broker.passwordFile),
            tls: broker.tls.map { .init(caFile: $0.ca, certificateFile: $0.certificate, keyFile: $0.key) })
    }

    private func jobHost(_ hypervisor: any Hypervisor) throws -> JobHost {
        let images = configuration.images
        // Read now, so that a missing file is told at the start.
        _ = try SecretFile.value(images.token, file: images.tokenFile)
        return JobHost(
            hypervisor: hypervisor, images: BaseImageStore(directory: imagesDirectory, client: HTTPClient()),
            imageSource: {
                let token = try? SecretFile.value(images.token, file: images.tokenFile)
                return ImageSource(url: images.url ?? "", token: token ?? "")
            }, profiles: profiles, vmDirectory: imagesDirectory + "/vms",
            exportDirectory: configuration.exportDirectory ?? stateDirectory + "/exports",
            facilities: HostFacilities(
                accelerator: { await Self.accelerator() }, inventory: inventory, weighsGuests: libvirtIsRoot,
                isOnMains: { PowerSupplies(HostRoot()).isOnMains }, isMetered: { await services.isMetered() },
                idleInhibitors: { try await services.idleInhibitors() }),
            time: time)
    }

    private func jobs(
        _ fleet: FleetName, _ host: HostID, _ bootID: String, _ jobHost: JobHost, _ spool: Spool, _ bus: any Bus,
        _ topics: Topics, _ details: VMDetailsWatch
    ) async throws -> JobRunner {
        let outlets = JobRunner.Outlets(
            report: { report, key in
                try await spool.append(.jobStatus, report, key: key)
                if report.state.isTerminal, let vm = report.vm { details.changed.send(vm) }
            },
            deferred: { deferral, key in try await spool.append(.jobDeferred, deferral, key: key) },
            progress: { progress in
                guard let payload = try? FleetJSON.encode(progress) else { return }
                try? await bus.publish(
                    BusMessage(topic: topics.progress, payload: Array(payload), qos: .atMostOnce))
            },
            refused: { event in try? await spool.append(.securityRefused, event) })
        return try await JobRunner(
            configuration: JobRunner.Configuration(
                fleet: fleet, host: host, keys: configuration.controllerKeys,
                allowedKinds: Set(configuration.jobs.allow),
                maximumPerHour: configuration.jobs.maximumPerHour),
            host: jobHost, journal: JobJournal(path: stateDirectory + "/journal.db", bootID: bootID),
            outlets: outlets, logger: logger)
    }
}
