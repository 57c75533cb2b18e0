import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import Subprocess

/// The controller's real API on a store of its own, served on a Unix socket; no broker, no hosts.
struct RealController {
    let directory: TemporaryDirectory
    let store: FleetStore
    private let socket: String

    /// Serves while `body` runs.
    static func serve(_ body: @escaping @Sendable (RealController) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let time = SystemTimeSource()
        let logger = Logger(label: "test") { _, _ in }
        let metrics = MetricsRegistry()
        let fleet = FleetName("test")!
        let store = try FleetStore(directory: directory.path, fleet: fleet, time: time, logger: logger)
        var limits = UploadStore.Limits()
        limits.reserveBytes = 0
        let uploads = try UploadStore(directory: directory.file("uploads"), limits: limits, time: time)
        let images = try ImageCatalogue(
            directory: directory.file("images"), store: store, uploads: uploads, logger: logger)
        let enrolment = HostEnrolment(
            hashBusPassword: { "hash of \($0)" }, agentConfiguration: { "host: \($0.host)\n" }, credentialsChanged: {})
        let services = APIServices(
            store: store, uploads: uploads, images: images, enrolment: enrolment,
            keys: try ControllerKeys(path: directory.file("signing.pem")), metrics: metrics, time: time,
            obstacles: { [] })
        let path = directory.file("controller.sock")
        let server = HTTPServer(
            name: "api", socket: try ListenSocket(.unix(path: path)), logger: logger, metrics: metrics,
            handler: API(services: services, token: nil).handle)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body(RealController(directory: directory, store: store, socket: path))
            group.cancelAll()
        }
    }

    func virtfleet(_ arguments: String...) async throws -> Subprocess.Output { try await virtfleet(arguments) }

    func virtfleet(_ arguments: [String]) async throws -> Subprocess.Output {
        try await Subprocess.run(
            try BuiltProgram.path("virtfleet"), ["--controller", "unix:\(socket)"] + arguments,
            environment: ["PATH": "/usr/bin:/bin"], timeout: .seconds(60))
    }
}
