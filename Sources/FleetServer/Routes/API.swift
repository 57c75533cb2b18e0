import FleetModel
import FleetStore

/// The controller's HTTP API: the routes of all resources behind their access rules.
public struct API: Sendable {
    static let routes: [Route] =
        HostRoutes.all + VMRoutes.all + JobRoutes.all + EventRoutes.all + TemplateRoutes.all + UploadRoutes.all
        + ProfileRoutes.all + WindowRoutes.all + PolicyRoutes.all + PlanRoutes.all + SystemRoutes.all
    static let schemas: [String: Schema] = [
        HostRoutes.schemas, VMRoutes.schemas, JobRoutes.schemas, EventRoutes.schemas, TemplateRoutes.schemas,
        UploadRoutes.schemas, ProfileRoutes.schemas, DocumentRoutes.schemas, WindowRoutes.schemas, PolicyRoutes.schemas,
        PlanRoutes.schemas, SystemRoutes.schemas,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

    private let router: Router
    private let access: APIAccess

    /// - Parameter token: what a request over TCP must present; nil when there is no TCP listener.
    public init(services: APIServices, token: String?) {
        router = Router(Self.routes, services: services)
        access = APIAccess(token: token)
    }

    /// Answers one request.
    @Sendable public func handle(_ request: ServerRequest) async throws -> ServerResponse {
        if let refusal = access.check(request) { return refusal }
        do {
            return try await router.handle(request)
        } catch let error as StoreError {
            throw Problem(error)
        }
    }
}

extension Problem {
    /// What the store's answer is in HTTP's terms.
    init(_ error: StoreError) {
        switch error {
        case .notFound: self = .notFound(error.description)
        case .conflict: self = .conflict("conflict", error.description)
        case .invalid: self = .invalid(error.description)
        case .storage(let cause):
            self.init(
                status: cause.isFull ? 507 : 503, code: cause.isFull ? "no-space" : "storage",
                title: "The controller's database cannot do this now", detail: error.description)
        }
    }
}
