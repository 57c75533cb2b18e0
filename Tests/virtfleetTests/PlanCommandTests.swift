import FleetModel
import FleetTestSupport
import FoundationEssentials
import Placement
import Testing

/// `virtfleet vm plan` and `virtfleet profile fit` against a played controller.
@Suite struct PlanCommandTests {
    /// Eight cores: one VM owns two, another floats on huge pages that are there, a third would get more of them.
    private static let desktop = Sample(
        11, cpu: Machine.cpu(cores: 8), memory: Machine.memory(64, pages: 4096),
        running: [
            vm(1, "plc", 4, .dedicated, gibibytes: 8), vm(2, "office", 6, .shared, gibibytes: 8, pages: .twoMiB),
        ], new: vm(9, "rockwell", 8, .shared, gibibytes: 12, pages: .twoMiB))

    /// Four fast cores and eight slow ones, too few for what is asked.
    private static let laptop = Sample(
        12, cpu: Machine.hybrid(performance: 4, efficiency: 8), memory: Machine.memory(32),
        running: [vm(1, "office", 4, .dedicated, gibibytes: 8)], new: vm(9, "rockwell", 4, .dedicated, gibibytes: 20))

    /// Two sockets, one VM bound to each, one to none.
    private static let server = Sample(
        13, cpu: Machine.cpu(cores: 6, nodes: 2, sockets: 2), memory: Machine.memory(32, nodes: 2, pages: 8192),
        running: [
            vm(1, "a", 8, .dedicated, gibibytes: 8, pages: .twoMiB), vm(2, "b", 4, .dedicated, gibibytes: 4),
            vm(3, "c", 4, .shared, gibibytes: 4),
        ], new: nil)

    private static let samples = ["desktop": desktop, "laptop": laptop, "server": server]

    private struct Sample {
        let host: HostResource
        let resource: HostPlanResource

        /// - Parameter number: the host's, of two digits.
        init(_ number: Int, cpu: CPUDocument, memory: MemoryDocument, running: [VMDemand], new: VMDemand?) {
            var request = PlacementRequest(cpu: cpu, memory: memory, pci: [], vms: running)
            let started = PlacementPlan(for: request)
            for index in request.vms.indices {
                request.vms[index].running = started.vms.first { $0.id == request.vms[index].id }?.placement
            }
            let fit = new.map { HostFit(of: $0, in: request) }
            request.vms += [new].compactMap(\.self)
            var host = Fleet.shown([.cpu: PlanCommandTests.json(cpu), .memory: PlanCommandTests.json(memory)])
            host.id = HostID("0b6a5c7e-0000-4000-8000-0000000000\(number)")!
            self.host = host
            resource = HostPlanResource(host, plan: PlacementPlan(for: request), vm: new?.id, fit: fit)
        }
    }

    private static func json(_ value: some Encodable) -> JSONValue { (try? FleetJSON.value(value)) ?? .null }

    private static func vm(
        _ number: UInt8, _ name: String, _ vcpus: Int, _ pinning: VMDemand.Pinning, gibibytes: UInt64,
        pages: MemoryDemand.HugePages = .none
    ) -> VMDemand {
        VMDemand(
            id: Fleet.vm(number, name, on: Fleet.hosts[0], .running).vm.id, name: name, vcpus: vcpus,
            memory: MemoryDemand(minimumBytes: gibibytes << 30, maximumBytes: gibibytes << 30, hugePages: pages),
            pinning: pinning)
    }

    private func fleet() throws -> FakeController {
        var answers: [String: FakeController.Answer] = [
            "GET /hosts/silent/plan": {
                $1.respond(
                    problem: Problem(
                        status: 422, code: "no-inventory", title: "Cannot be carried out",
                        detail: "no plan can be made for host 'silent': The host has not sent its inventory (cpu)."))
            },
            "GET /profiles/rockwell/fit": { $1.respond(page: Self.fits) },
            "GET /profiles": { $1.respond(page: [Fleet.profile(version: 3, at: Fleet.now)]) },
            "GET /hosts": { $1.respond(page: Fleet.hosts) },
        ]
        for (name, sample) in Self.samples {
            answers["GET /hosts/\(name)/plan"] = { $1.respond(json: sample.resource) }
            answers["GET /hosts/\(sample.host.id)"] = { $1.respond(json: sample.host) }
        }
        return try FakeController(answers)
    }

    private static let third: HostResource = {
        var host = Fleet.hosts[0]
        host.name = ResourceName("carl-laptop")!
        return host
    }()

    private static let fits = [
        ProfileFitResource(Fleet.hosts[0], fit: HostFit(answer: .fits)),
        ProfileFitResource(
            Fleet.hosts[1],
            fit: HostFit(
                answer: .fitsAfterStops, stops: ["office"],
                obstacles: [.init(reason: "It is to own 3 whole cores.", fix: "Choose pinning shared.")],
                nearestFix: "Stop VM office.")),
        ProfileFitResource(
            third,
            fit: HostFit(
                answer: .fits,
                passedOver: [
                    .init(reason: "The host's driver nvidia has it.", fix: "Bind it to vfio-pci."),
                    .init(reason: "It has no virtual functions."),
                ])),
    ]

    @Test(arguments: [
        ("vm-plan-desktop", "desktop", Int32(0)), ("vm-plan-laptop", "laptop", 1), ("vm-plan-server", "server", 0),
    ])
    func thePictureIsAsDrawnOn80Columns(_ name: String, _ host: String, _ status: Int32) async throws {
        let output = try await fleet().run("vm", "plan", "--host", host)
        #expect(output.errorText == "")
        #expect(output.status == status)
        let drawing = output.text.split(separator: "\n").filter { "┌│└".contains($0.first ?? " ") }
        #expect(!drawing.isEmpty && drawing.allSatisfy { $0.count <= 80 })
        let difference = try GoldenFile("\(name).txt").difference(from: output.text)
        #expect(difference == nil)
    }

    @Test func programsGetThePlan() async throws {
        let fleet = try fleet()
        let output = try await fleet.run("vm", "plan", "--host", "laptop", "--profile", "rockwell", "-o", "json")
        #expect(output.status == 1)
        let read = try FleetJSON.decode(HostPlanResource.self, from: Data(output.standardOutput))
        #expect(read.plan == Self.laptop.resource.plan && read.fit == Self.laptop.resource.fit)
        #expect(fleet.requests.map(\.target) == ["/api/v1/hosts/laptop/plan?profile=rockwell"])
        let yaml = try await fleet.run("vm", "plan", "--host", "desktop", "-o", "yaml")
        #expect(yaml.text.contains("3-7,11-15") && yaml.status == 0)
    }

    @Test func theNameIsForAProfilesVM() async throws {
        let fleet = try fleet()
        let named = try await fleet.run(
            "vm", "plan", "--host", "desktop", "--profile", "rockwell", "--name", "line-4", "-o", "name")
        #expect(named.text == "anna-laptop\n")
        #expect(fleet.requests.last?.target == "/api/v1/hosts/desktop/plan?profile=rockwell&name=line-4")
        let bare = try await fleet.run("vm", "plan", "--host", "desktop", "--name", "line-4")
        #expect(bare.status == 2 && bare.errorText.contains("say which with --profile"))
        #expect(try await fleet.run("vm", "plan").status == 2)
    }

    @Test func aHostThatHasToldNothingIsNoFit() async throws {
        let output = try await fleet().run("vm", "plan", "--host", "silent")
        #expect(output.status == 1 && output.text == "")
        #expect(output.errorText.contains("has not sent its inventory"))
    }

    @Test func hostsAreListedWithWhatHelps() async throws {
        let output = try await fleet().run("profile", "fit", "rockwell")
        #expect(output.status == 0 && output.errorText == "")
        let difference = try GoldenFile("profile-fit.txt").difference(from: output.text)
        #expect(difference == nil)
        let json = try await fleet().run("profile", "fit", "rockwell", "-o", "json")
        let read = try FleetJSON.decode([ProfileFitResource].self, from: Data(json.standardOutput))
        #expect(read.map(\.fit) == Self.fits.map(\.fit))
    }

    @Test func namesAreCompletedFromTheController() async throws {
        let fleet = try fleet()
        for words in [["profile", "fit"], ["vm", "plan", "--profile"]] {
            #expect(try await fleet.run(["__complete"] + words + ["of"]).text == "office\tversion 3\n")
        }
        #expect(try await fleet.run("__complete", "vm", "plan", "--host", "a").text == "anna-laptop\tonline\n")
    }
}
