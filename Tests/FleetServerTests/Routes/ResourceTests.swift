import FleetModel
import FleetStore
import FoundationEssentials
import Testing

@testable import FleetServer

/// Hosts, VMs, jobs, events and what else is read and written as JSON: on the handler alone and over live sockets.
@Suite struct ResourceTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    @Test(arguments: Way.allCases) func registersListsLabelsAndRemovesHosts(way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            let name = try #require(ResourceName("ws-17"))
            let made = try await client.send(.post, "/api/v1/hosts", HostRegistrationRequest(name: name))
            #expect(made.status == 201)
            let registration = try made.json(HostRegistration.self)
            #expect(made.headers["location"] == "/api/v1/hosts/\(registration.host.id)")
            #expect(registration.agentConfiguration.hasPrefix("host: \(registration.host.id)\npassword: "))
            #expect(fixture.surroundings.renewals.withLock { $0 } == 1)
            let again = try await client.send(.post, "/api/v1/hosts", HostRegistrationRequest(name: name))
            #expect(again.status == 409)

            let labelled = try await client.send(
                .patch, "/api/v1/hosts/ws-17", HostChange(labels: ["site": "Ulm", "line": "4"]))
            #expect(try labelled.json(HostResource.self).labels == ["site": "Ulm", "line": "4"])
            let changed = try await client.send(.patch, "/api/v1/hosts/ws-17", HostChange(labels: ["line": nil]))
            #expect(try changed.json(HostResource.self).labels == ["site": "Ulm"])

            let page = try await client.get("/api/v1/hosts").json(Page<HostResource>.self)
            #expect(page.items.map(\.name) == [name])
            #expect(page.items.first?.state == .never)

            #expect(try await client.send(.delete, "/api/v1/hosts/\(registration.host.id)", [:], []).status == 204)
            #expect(fixture.surroundings.renewals.withLock { $0 } == 2)
            let gone = try await client.get("/api/v1/hosts/ws-17")
            #expect(gone.status == 404)
            #expect(gone.headers["content-type"] == "application/problem+json")
            #expect(gone.problem?.detail?.contains("ws-17") == true)
        }
    }

    @Test func secretsOfARegistrationAreKeptAsHashes() async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let made = try await client.send(
                .post, "/api/v1/hosts", HostRegistrationRequest(name: try #require(ResourceName("ws-1"))))
            let lines = try made.json(HostRegistration.self).agentConfiguration.split(separator: "\n")
            let password = lines[1].dropFirst("password: ".count)
            let token = String(lines[2].dropFirst("images: ".count))
            #expect(try await fixture.store.busCredentials().map(\.passwordHash) == ["hash of \(password)"])
            let image = try #require(ImageToken(token))
            #expect(try await fixture.store.imageTokenMatches(host: image.host, hash: image.hash))
        }
    }

    @Test func aHostThatTheBrokerDoesNotLearnOfIsNotKept() async throws {
        fixture.surroundings.brokerIsGone.withLock { $0 = true }
        try await withClient(.handler, of: fixture.api.handle) { client in
            let name = try #require(ResourceName("ws-1"))
            let reply = try await client.send(.post, "/api/v1/hosts", HostRegistrationRequest(name: name))
            #expect(reply.status == 500)
        }
        #expect(try await fixture.store.hosts(after: nil, limit: 1).items.isEmpty)
    }

    @Test(arguments: Way.allCases) func pagesFollowEachOther(way: Way) async throws {
        for index in 0..<5 { _ = try await fixture.addHost("ws-\(index)") }
        try await withClient(way, of: fixture.api.handle) { client in
            var names: [String] = []
            var target = "/api/v1/hosts?limit=2"
            while true {
                let page = try await client.get(target).json(Page<HostResource>.self)
                #expect(page.items.count <= 2)
                names += page.items.map(\.name.description)
                guard let cursor = page.nextCursor else { break }
                target = "/api/v1/hosts?limit=2&cursor=\(cursor)"
            }
            #expect(names == (0..<5).map { "ws-\($0)" })
        }
    }

    @Test(
        arguments: [
            ("/api/v1/hosts?limit=0", 400), ("/api/v1/hosts?limit=many", 400), ("/api/v1/hosts?cursor=nonsense", 400),
            ("/api/v1/jobs?state=dancing", 400), ("/api/v1/jobs/no-ulid", 400), ("/api/v1/vms/no-uuid", 400),
            ("/api/v1/vms?host=nobody", 404), ("/api/v1/hosts/nobody/metrics", 404), ("/api/v1/nothing", 404),
            ("/api/v1/hosts/nobody/series", 400), ("/api/v1/hosts/nobody/series?key=x&from=yesterday", 400),
            ("/api/v1/hosts/nobody/series?key=x&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400),
        ])
    func badQuestionsAreProblems(target: String, status: Int) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.get(target)
            #expect(reply.status == status)
            #expect(reply.problem?.status == status)
            #expect(reply.problem?.detail?.isEmpty == false)
        }
    }

    @Test func anotherMethodIsToldWhatIsAllowed() async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.send(.put, "/api/v1/hosts", [:], [])
            #expect(reply.status == 405)
            #expect(reply.headers["allow"] == "GET, POST")
        }
    }

    @Test(arguments: [
        "", "{", "[]", #"{"name": 17}"#, #"{"name": "no spaces allowed"}"#, #"{"nam": "ws-1"}"#, "\u{FFFD}",
    ])
    func badDocumentsAreProblems(body: String) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.send(.post, "/api/v1/hosts", [:], Array(body.utf8))
            #expect(reply.status == 400)
            #expect(reply.problem?.code == "invalid-request")
        }
    }

    @Test(arguments: Way.allCases) func tenMegabytesOfJSONAreTooMuch(way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            let reply = try await client.send(
                .post, "/api/v1/hosts", [:], [UInt8](repeating: UInt8(ascii: " "), count: 10 << 20))
            #expect(reply.status == 413)
            #expect(reply.problem?.code == "too-large")
        }
    }

    @Test(arguments: Way.allCases) func showsVMsMetricsAndSeries(way: Way) async throws {
        let host = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        let key = #"virtfleet_vm_block_read_bytes_total{device="sda"}"#
        let batch = MetricsBatch(
            time: fixture.time.now(), host: ["virtfleet_host_load1": 0.5], vms: [APIFixture.vm: [key: 42]])
        try await fixture.send(metrics: batch, from: host)
        fixture.time.advance(by: .seconds(1))
        try await withClient(way, of: fixture.api.handle) { client in
            let vms = try await client.get("/api/v1/vms?host=ws-1").json(Page<VMResource>.self)
            #expect(vms.items.map(\.vm.name) == ["plc-lab"])
            #expect(vms.items.first?.metrics == nil)
            let vm = try await client.get("/api/v1/vms/\(APIFixture.vm)").json(VMResource.self)
            #expect(vm.metrics == [key: 42])
            let metrics = try await client.get("/api/v1/hosts/ws-1/metrics").json(MetricsResource.self)
            #expect(metrics.batch == batch)
            let encoded = "virtfleet_vm_block_read_bytes_total%7Bdevice%3D%22sda%22%7D"
            let series = try await client.get("/api/v1/hosts/ws-1/series?key=\(encoded)&vm=\(APIFixture.vm)")
            #expect(try series.json(SeriesResource.self).samples.map(\.value) == [42])
        }
    }

    @Test(arguments: Way.allCases) func healthAndReadiness(way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            #expect(try await client.get("/healthz").text == "ok\n")
            #expect(try await client.get("/readyz").status == 200)
            fixture.surroundings.obstacles.withLock { $0 = ["the broker is not connected"] }
            let reply = try await client.get("/readyz")
            #expect(reply.status == 503)
            #expect(reply.problem?.detail == "the broker is not connected")
        }
    }
}
