import Configuration
import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FoundationEssentials
import MessageBus
import Signing

/// Puts a controller together from its configuration, and runs it.
struct ControllerAssembly {
    private let configuration: ControllerConfiguration
    private let logger: Logger
    private let metrics = MetricsRegistry()
    private let time = SystemTimeSource()

    init(_ configuration: ControllerConfiguration) {
        self.configuration = configuration
        logger = Logger(label: "controller", level: configuration.log.level)
    }

    func run() async throws {
        guard let fleet = configuration.fleet else { throw SetupError("the configuration names no fleet") }
        let state = configuration.state
        let lock = try state.lock()
        defer { withExtendedLifetime(lock) {} }
        let secrets = try ControllerSecrets(in: state)
        let store = try FleetStore(directory: state.path, fleet: fleet, time: time, logger: logger)
        let uploads = try UploadStore(directory: state.path + "/uploads", time: time)
        let images = try ImageCatalogue(
            directory: state.path + "/images", store: store, uploads: uploads, logger: logger)

        let broker = try await embeddedBroker(fleet, state, secrets, store)
        let bus = MosquittoBus(try brokerAddress(secrets))
        let announcer = ControllerAnnouncer(bus: bus, fleet: fleet, time: time)
        let imageServer = try server(
            "images",
            .tcp(address: configuration.images.address, port: configuration.images.port.number),
            handler: ImageListener(store: store, images: images).handle)
        let enrolment = enrolment(fleet, broker, secrets, store)
        let api = API(
            services: APIServices(
                store: store, uploads: uploads, images: images, enrolment: enrolment, keys: secrets.keys,
                metrics: metrics, time: time,
                obstacles: { announcer.isAnnounced ? [] : ["there is no connection to the message broker"] }),
            token: try SecretFile.value(file: configuration.api.tcp?.tokenFile))

        logger.with("fleet", fleet).notice("starting, version \(ProductVersion.current)")
        // Stopped from the end: the broker outlives all that speaks through it.
        var services: [any Service] = broker.map { [$0] } ?? []
        services += [
            announcer, Ingest(bus: bus, store: store, time: time, metrics: metrics, logger: logger),
            JobPublisher(bus: bus, store: store, keys: secrets.keys, time: time, logger: logger),
            DesiredPublisher(bus: bus, store: store, keys: secrets.keys, time: time, logger: logger),
            RolloutDriver(store: store, time: time, logger: logger),
            RolloutMembership(store: store, time: time, logger: logger),
            SnapshotExpiry(store: store, time: time, logger: logger), imageServer,
            try server("api", .unix(path: configuration.api.socket), handler: api.handle),
        ]
        if let tcp = configuration.api.tcp {
            let address = ListenAddress.tcp(address: "127.0.0.1", port: tcp.port.number)
            services.append(try server("api-tcp", address, loopbackOnly: true, handler: api.handle))
        }
        services.append(SystemdReporter(status: "fleet \(fleet)", time: time))
        try await ServiceGroup(services, logger: logger).run()
    }

    /// - Returns: nil when the configuration names a broker.
    private func embeddedBroker(
        _ fleet: FleetName, _ state: StateDirectory, _ secrets: ControllerSecrets, _ store: FleetStore
    ) async throws -> EmbeddedBroker? {
        guard configuration.broker.external == nil else { return nil }
        return EmbeddedBroker(
            BrokerConfiguration(
                fleet: fleet, directory: state.path + "/broker",
                port: configuration.broker.embedded.port.number),
            credentials: try await Self.credentials(secrets, store), logger: logger, time: time)
    }

    private static func credentials(
        _ secrets: ControllerSecrets, _ store: FleetStore
    ) async throws -> [BrokerCredential] {
        let own = BrokerCredential(
            username: BrokerConfiguration.controllerUser, passwordHash: BrokerPassword.hash(secrets.busPassword))
        return [own]
            + (try await store.busCredentials().map {
                BrokerCredential(username: $0.host.description, passwordHash: $0.passwordHash)
            })
    }

    private func brokerAddress(_ secrets: ControllerSecrets) throws -> MosquittoConfiguration {
        // Room for the retained topics of a whole fleet at once.
        let limits = BusLimits(queuedEvents: 100_000, queuedBytes: 256 << 20)
        // Nobody copies this identity to another machine: what looks like a twin is a broker that keeps dying.
        let reconnect = ReconnectPolicy(base: .milliseconds(200), cap: .seconds(5), twinInterval: .seconds(10))
        let user = BrokerConfiguration.controllerUser
        if let external = configuration.broker.external {
            return MosquittoConfiguration(
                host: external.host, port: external.portNumber, clientID: external.username,
                username: external.username, password: try SecretFile.value(file: external.passwordFile),
                tls: external.tls.map { .init(caFile: $0.ca, certificateFile: $0.certificate, keyFile: $0.key) },
                sessionExpiry: .zero, cleanStart: true, limits: limits, reconnect: reconnect)
        }
        return MosquittoConfiguration(
            host: "127.0.0.1", port: configuration.broker.embedded.port.number, clientID: user, username: user,
            password: secrets.busPassword, sessionExpiry: .zero, cleanStart: true, limits: limits, reconnect: reconnect)
    }

    private func enrolment(
        _ fleet: FleetName, _ broker: EmbeddedBroker?, _ secrets: ControllerSecrets, _ store: FleetStore
    ) -> HostEnrolment {
        let external = configuration.broker.external
        let images = configuration.images
        let text = HostConfigurationText(
            fleet: fleet, brokerHost: external?.host ?? "127.0.0.1",
            brokerPort: external?.portNumber ?? configuration.broker.embedded.port.number,
            brokerTLS: external?.tls,
            imagesURL: images.publicURL ?? "http://\(images.address):\(images.port.number)")
        return HostEnrolment(
            hashBusPassword: { BrokerPassword.hash($0) }, agentConfiguration: { text.text($0) },
            credentialsChanged: {
                // An external broker's users are its own administrator's.
                try await broker?.update(credentials: Self.credentials(secrets, store))
            })
    }

    private func server(
        _ name: String, _ address: ListenAddress, loopbackOnly: Bool = false, handler: @escaping RequestHandler
    ) throws -> HTTPServer {
        HTTPServer(
            name: name, socket: try ListenSocket(address, loopbackOnly: loopbackOnly),
            logger: logger.labelled(name), metrics: metrics, handler: handler)
    }
}
