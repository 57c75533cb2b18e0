import FleetModel
import FleetStore

/// The controller's HTTP API: the routes of all resources behind their access rules.
public struct API: Sendable {
    static let routes: [Route] =
        HostRoutes.all + VMRoutes.all + JobRoutes.all + EventRoutes.all + TemplateRoutes.all + UploadRoutes.all
        + ProfileRoutes.all + WindowRoutes.all + PolicyRoutes.all + RolloutRoutes.all + PlanRoutes.all + AuditRoutes.all
        + KeyRoutes.all
        + SystemRoutes.all
    static let schemas: [String: Schema] = [
        HostRoutes.schemas, VMRoutes.schemas, JobRoutes.schemas, EventRoutes.schemas, TemplateRoutes.schemas,
        UploadRoutes.schemas, ProfileRoutes.schemas, DocumentRoutes.schemas, WindowRoutes.schemas, PolicyRoutes.schemas,
        RolloutRoutes.schemas, PlanRoutes.schemas, AuditRoutes.schemas, KeyRoutes.schemas, SystemRoutes.schemas,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

    private let router: Router
    private let access: APIAccess
    private let store: FleetStore

    /// - Parameter token: what a request over TCP must present; nil when there is no TCP listener.
    public init(services: APIServices, token: String?) {
        router = Router(Self.routes, services: services)
        access = APIAccess(token: token)
        store = services.store
    }

    /// Answers one request. Who may not ask, and what was asked for and is not done, goes into the audit record.
    @Sendable public func handle(_ request: ServerRequest) async throws -> ServerResponse {
        if let refusal = access.check(request) {
            await record(refusal.problem, of: request, by: Author(stranger: request.peer))
            return refusal
        }
        guard request.method.writes else { return try await route(request) }
        do {
            let response = try await route(request)
            await record(response.problem, of: request, by: Author(request.peer))
            return response
        } catch {
            await record(Problem(describing: error), of: request, by: Author(request.peer))
            throw error
        }
    }

    private func route(_ request: ServerRequest) async throws -> ServerResponse {
        do {
            return try await router.handle(request)
        } catch let error as StoreError {
            throw Problem(error)
        }
    }

    private func record(_ problem: Problem?, of request: ServerRequest, by author: @autoclosure () -> Author) async {
        guard let problem else { return }
        await store.recordRefusal(
            of: "\(request.method.rawValue) /\(request.segments.joined(separator: "/"))", because: problem,
            by: author())
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
