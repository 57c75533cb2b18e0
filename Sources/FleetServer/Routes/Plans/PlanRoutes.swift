import FleetModel
import FleetStore
import Placement
import FleetFiles

/// What would become of a VM that nobody has made yet.
enum PlanRoutes {
    static let all = [
        Route(
            .get, "/api/v1/hosts/{host}/plan",
            "Who has what of a host, and what one more VM of a profile would get; nothing is changed",
            query: [
                Route.Parameter(
                    name: "profile", summary: "Of the VM, in its newest version; none by default", schema: .name),
                Route.Parameter(name: "name", summary: "Of the VM; the profile's by default", schema: .name),
            ],
            success: (200, .reference("HostPlan")), handle: plan),
        Route(
            .get, "/api/v1/profiles/{profile}/fit",
            "Which hosts can run one more VM of a profile's newest version, by name", query: Paging.parameters,
            success: (200, .page(of: "ProfileFit")), handle: fit),
    ]

    @Sendable private static func plan(_ call: Call) async throws -> ServerResponse {
        let store = call.services.store
        let host = try await store.host(call.parameter("host"))
        let name = try call.query("name", as: ResourceName.self)
        var vm: ProfileVM?
        if let profile = try call.query("profile", as: ResourceName.self) {
            vm = try await Self.vm(of: profile, named: name ?? profile, store)
        }
        do {
            let documents = try await HostDocuments(of: host, in: store)
            var request = documents.request
            request.vms += [vm?.demand].compactMap(\.self)
            return try .json(
                HostPlanResource(
                    host, plan: PlacementPlan(for: request), vm: vm?.demand.id, fit: vm.map(documents.fit)))
        } catch let missing as HostDocuments.Missing {
            throw Problem.unprocessable(
                "no-inventory",
                "no plan can be made for host '\(host.name)': "
                    + [missing.obstacle.reason, missing.obstacle.fix].compactMap(\.self).joined(separator: " "))
        }
    }

    @Sendable private static func fit(_ call: Call) async throws -> ServerResponse {
        let store = call.services.store
        let name = try call.parameter("profile", as: ResourceName.self)
        let vm = try await vm(of: name, named: name, store)
        let hosts = try await store.hosts(after: call.query("cursor"), limit: call.limit())
        var page = Page<ProfileFitResource>(items: [], nextCursor: hosts.nextCursor)
        for host in hosts.items {
            let host = try await store.host(host.id.description)
            page.items.append(ProfileFitResource(host, fit: try await fit(vm, on: host, store)))
        }
        return try .json(page)
    }

    static func fit(_ vm: ProfileVM, on host: HostResource, _ store: FleetStore) async throws -> HostFit {
        do {
            return try await HostDocuments(of: host, in: store).fit(vm)
        } catch let missing as HostDocuments.Missing {
            return HostFit(answer: .unknown, obstacles: [missing.obstacle], nearestFix: missing.obstacle.fix)
        }
    }

    /// Of the profile's newest version.
    private static func vm(
        of profile: ResourceName, named name: ResourceName, _ store: FleetStore
    ) async throws -> ProfileVM {
        let newest = try Profile(document: try await store.profile(profile).document)
        return ProfileVM(
            needs: ProfileNeeds(profile, newest), demand: newest.demand(of: .random(), named: name.description))
    }
}
