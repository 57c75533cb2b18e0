import FleetModel
import FleetTestSupport
import FoundationEssentials
import Placement
import FleetFiles
import Signing
import Testing

@testable import FleetServer

@Suite struct PlanRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    /// Eight cores with two threads, 32 GiB, and all that a VM needs.
    private static let inventory: [InventoryPart: JSONValue] = {
        var cpu = Machine.cpu(cores: 8)
        cpu.kvm = .works
        let firmware = GuestFirmware(
            code: "/code.fd", variables: "/vars.fd", secureBoot: false, enrolledKeys: false, present: true)
        func json(_ value: some Encodable) -> JSONValue { (try? FleetJSON.value(value)) ?? .null }
        return [
            .cpu: json(cpu), .memory: json(Machine.memory(32)),
            .pci: .object(["devices": .array([]), "graphics": .array([])]),
            .software: .object([
                "components": .object(["qemu": .object([:]), "libvirt": .object([:]), "swtpm": .object([:])]),
                "firmware": json([firmware]),
            ]),
            .network: .object([
                "interfaces": .array([.object(["name": .string("eth0"), "kind": .string("ethernet")])])
            ]),
        ]
    }()

    /// Has 20 GiB of a host with 24 for VMs.
    private static func document(_ state: VMDocument.State = .running, tellsDemand: Bool = true) -> VMDocument {
        var demand = VMDemand(
            id: APIFixture.vm, name: "plc-lab", vcpus: 4,
            memory: MemoryDemand(minimumBytes: 20 << 30, maximumBytes: 20 << 30), pinning: .dedicated)
        demand.running =
            PlacementPlan(
                for: PlacementRequest(
                    cpu: Machine.cpu(cores: 8), memory: Machine.memory(32), pci: [], vms: [demand])
            ).vms[0].placement
        return VMDocument(
            id: APIFixture.vm, name: "plc-lab", state: state, memoryBytes: 20 << 30, vcpus: 4, persistent: true,
            autostart: false, demand: tellsDemand ? demand : nil)
    }

    private func addHost(
        _ name: String, _ inventory: [InventoryPart: JSONValue] = inventory, vm: VMDocument? = nil
    ) async throws {
        let host = try await fixture.addHost(name)
        try await fixture.describe(host, inventory, vms: [vm].compactMap(\.self))
    }

    private func apply(_ profile: String, memoryMiB: Int) async throws {
        var wanted = Profile()
        wanted.memoryMiB = memoryMiB
        try await apply(profile, wanted)
    }

    private func apply(_ profile: String, _ wanted: Profile) async throws {
        _ = try await fixture.store.applyProfile(
            try #require(ResourceName(profile)), document: try wanted.document(),
            digest: SHA256Hasher.digest(ofJSON: wanted), by: "test")
    }

    @Test(arguments: Way.allCases) func aPlanShowsWhoHasWhatAndChangesNothing(way: Way) async throws {
        try await addHost("ada", vm: Self.document())
        try await apply("small", memoryMiB: 1024)
        try await withClient(way, of: fixture.api.handle) { client in
            let bare = try await client.get("/api/v1/hosts/ada/plan").json(HostPlanResource.self)
            #expect(bare.vm == nil && bare.fit == nil)
            #expect(bare.plan.vms.map(\.name) == ["plc-lab"])
            #expect(bare.plan.vms[0].placement == Self.document().demand?.running)
            #expect(bare.plan.hostThreads.description == "0,8" && bare.plan.pool.description == "3-7,11-15")

            let one = try await client.get("/api/v1/hosts/ada/plan?profile=small").json(HostPlanResource.self)
            #expect(one.fit == HostFit(answer: .fits))
            #expect(one.plan.vms.map(\.name) == ["plc-lab", "small"] && one.plan.vms[1].id == one.vm)
            #expect(one.plan.vms[1].placement?.memory.bytes == 1 << 30)
            let named = try await client.get("/api/v1/hosts/ada/plan?profile=small&name=line-4")
                .json(HostPlanResource.self)
            #expect(named.plan.vms.map(\.name) == ["line-4", "plc-lab"])
            #expect(try await client.get("/api/v1/vms").json(Page<VMResource>.self).items.count == 1)
        }
    }

    @Test func eachHostIsJudgedAndWhatIsNotKnownIsUnknown() async throws {
        try await apply("large", memoryMiB: 1024)
        try await apply("large", memoryMiB: 16 << 10)
        try await addHost("busy", vm: Self.document())
        try await addHost("free", vm: Self.document(.shutoff, tellsDemand: false))
        try await addHost("older", vm: Self.document(tellsDemand: false))
        try await addHost("silent", [:])
        var small = Self.inventory
        small[.memory] = try FleetJSON.value(Machine.memory(16))
        try await addHost("small", small)
        var strange = Self.inventory
        strange[.cpu] = .object(["threadList": .string("many")])
        try await addHost("strange", strange)
        try await addHost("unsure", vm: Self.document(.unknown, tellsDemand: false))
        try await withClient(.handler, of: fixture.api.handle) { client in
            let first = try await client.get("/api/v1/profiles/large/fit?limit=4").json(Page<ProfileFitResource>.self)
            let cursor = try #require(first.nextCursor)
            let second = try await client.get("/api/v1/profiles/large/fit?limit=4&cursor=\(cursor)")
                .json(Page<ProfileFitResource>.self)
            let hosts = first.items + second.items
            #expect(second.nextCursor == nil)
            #expect(
                hosts.map { "\($0.hostName) \($0.fit.answer.rawValue)" } == [
                    "busy fits-after-stops", "free fits", "older unknown", "silent unknown", "small does-not-fit",
                    "strange unknown", "unsure unknown",
                ])
            #expect(hosts[0].fit.stops == ["plc-lab"] && hosts[0].fit.nearestFix == "Stop VM plc-lab.")
            for host in hosts where host.fit.answer != .fits {
                #expect(host.fit.obstacles.first?.reason.isEmpty == false && host.fit.nearestFix != nil)
            }
        }
    }

    @Test func whatTheHostLacksBesidesIsNamed() async throws {
        var wanted = Profile()
        wanted.networks = [.bridge("br0")]
        wanted.secureBoot = true
        try await apply("windows", wanted)
        try await addHost("bare")
        var blind = Self.inventory
        blind[.software] = .string("in other words")
        blind[.network] = .object([
            "interfaces": .array([.object(["name": .string("br0"), "kind": .string("bridge")])])
        ])
        try await addHost("blind", blind)
        try await addHost("busy", vm: Self.document())
        try await withClient(.handler, of: fixture.api.handle) { client in
            let hosts = try await client.get("/api/v1/profiles/windows/fit").json(Page<ProfileFitResource>.self).items
            #expect(hosts.map(\.fit.answer) == [.doesNotFit, .unknown, .doesNotFit])
            #expect(hosts[0].fit.obstacles.map(\.fix) == [EquipmentFix.firmware, EquipmentFix.bridge("br0")])
            #expect(hosts[0].fit.nearestFix == EquipmentFix.firmware)
            #expect(hosts[1].fit.obstacles.map(\.reason).contains("Whether swtpm is installed cannot be seen."))
            let plan = try await client.get("/api/v1/hosts/bare/plan?profile=windows").json(HostPlanResource.self)
            #expect(plan.fit == hosts[0].fit)
        }
    }

    /// What only some profiles ask for, on a host that lacks it, one that has it, and one whose agent is older.
    @Test func whatOnlySomeProfilesAskForIsNamed() async throws {
        var wanted = Profile()
        wanted.shares = [Profile.Share(directory: "/srv/projects", tag: "projects")]
        wanted.seed = .cloudInit
        wanted.networks = [.bridge("br0", vlan: 7), .network("lab")]
        wanted.graphics = .auto
        try await apply("desk", wanted)
        func host(_ helpers: JSONValue?, libvirt: String, networks: [String]?) -> [InventoryPart: JSONValue] {
            var inventory = Self.inventory
            var components: [String: JSONValue] = [
                "qemu": .object([:]), "libvirt": .object(["version": .string(libvirt)]), "swtpm": .object([:]),
            ]
            components["helpers"] = helpers
            guard case .object(var software) = inventory[.software] else { return inventory }
            software["components"] = .object(components)
            software["hypervisor"] = networks.map { .object(["networks": .array($0.map { .string($0) })]) }
            inventory[.software] = .object(software)
            inventory[.network] = .object([
                "interfaces": .array([.object(["name": .string("br0"), "kind": .string("bridge")])])
            ])
            return inventory
        }
        try await addHost("bare", host(.object([:]), libvirt: "9.0.0", networks: []))
        let both = JSONValue.object(["virtiofsd": .object([:]), "xorriso": .object([:])])
        try await addHost("full", host(both, libvirt: "11.0.0", networks: ["lab"]))
        try await addHost("older", host(nil, libvirt: "11.0.0", networks: nil))
        try await withClient(.handler, of: fixture.api.handle) { client in
            let hosts = try await client.get("/api/v1/profiles/desk/fit").json(Page<ProfileFitResource>.self).items
            #expect(hosts.map(\.fit.answer) == [.doesNotFit, .fits, .unknown])
            #expect(
                hosts[0].fit.obstacles.map(\.fix) == [
                    EquipmentFix.virtiofsd, EquipmentFix.xorriso, EquipmentFix.network("lab"),
                    EquipmentFix.vlan(.init(bridge: "br0", id: 7)),
                ])
            #expect(hosts[0].fit.nearestFix == EquipmentFix.virtiofsd && hosts[0].fit.passedOver == [])
            #expect(hosts[1].fit.passedOver.count == 3 && hosts[1].fit.passedOver.allSatisfy { $0.fix != nil })
            #expect(hosts[2].fit.obstacles.count == 3)
        }
    }

    @Test(arguments: [
        ("/api/v1/hosts/nobody/plan", 404, "not-found"), ("/api/v1/hosts/silent/plan", 422, "no-inventory"),
        ("/api/v1/hosts/ada/plan?profile=nothing", 404, "not-found"),
        ("/api/v1/hosts/ada/plan?profile=odd%20name", 400, "invalid-request"),
        ("/api/v1/profiles/nothing/fit", 404, "not-found"),
    ])
    func whatCannotBePlannedIsAProblem(target: String, status: Int, code: String) async throws {
        try await addHost("ada")
        try await addHost("silent", [:])
        try await withClient(.handler, of: fixture.api.handle) { client in
            let problem = try #require(try await client.get(target).problem)
            #expect(problem.status == status && problem.code == code, "\(problem)")
        }
    }
}
