import FleetClient
import FleetModel
import FleetTestSupport
import FoundationEssentials
import Synchronization
import Testing

@Suite struct FleetClientTests {
    static let now = Date(timeIntervalSince1970: 1_790_000_000)

    static func host(_ name: String) -> HostResource {
        HostResource(
            id: .random(), name: ResourceName(name)!, labels: [:], state: .online, lastSeenAt: now, createdAt: now,
            agentVersion: "0.1.0", vmCount: 1)
    }

    @Test func pagesAreReadToTheEnd() async throws {
        let hosts = (0..<5).map { Self.host("host-\($0)") }
        let api = try ScriptedAPI { request, exchange in
            #expect(request.path == "/api/v1/hosts")
            let start = request.query["cursor"].flatMap(Int.init) ?? 0
            let end = min(start + 2, hosts.count)
            exchange.respond(
                json: Page(items: Array(hosts[start..<end]), nextCursor: end < hosts.count ? "\(end)" : nil))
        }
        #expect(try await api.client.hosts() == hosts)
        #expect(api.server.requests.map { $0.query["cursor"] } == [nil, "2", "4"])
    }

    @Test func aLimitEndsThePaging() async throws {
        let api = try ScriptedAPI { request, exchange in
            let limit = request.query["limit"].flatMap(Int.init) ?? 0
            let jobs = (0..<min(limit, 3)).map { Self.job(.planned, percent: Double($0)) }
            exchange.respond(json: Page(items: jobs, nextCursor: "more"))
        }
        let jobs = try await api.client.jobs(host: "h", state: .planned, limit: 4)
        #expect(jobs.count == 4)
        #expect(
            api.server.requests.map(\.target) == [
                "/api/v1/jobs?host=h&state=planned&limit=4", "/api/v1/jobs?host=h&state=planned&limit=1&cursor=more",
            ])
    }

    @Test func namesCannotLeadElsewhere() async throws {
        let api = try ScriptedAPI { _, exchange in exchange.respond(json: Self.host("h")) }
        for name in ["../jobs", "a b?c#d", "..", "ü"] { _ = try await api.client.host(name) }
        #expect(
            api.server.requests.map(\.target) == [
                "/api/v1/hosts/..%2Fjobs", "/api/v1/hosts/a%20b%3Fc%23d", "/api/v1/hosts/%2E%2E",
                "/api/v1/hosts/%C3%BC",
            ])
    }

    @Test func theTokenTravelsWithEveryRequest() async throws {
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(json: Self.host("h")) }
        let client = FleetClient(address: try #require(ControllerAddress(server.url + "/")), token: "secret")
        _ = try await client.host("h")
        #expect(server.requests.first?.headers["authorization"] == "Bearer secret")
    }

    @Test func problemsAreTheControllersWords() async throws {
        let problem = Problem(
            status: 409, code: "name-taken", title: "Conflict", detail: "host 'a' exists; choose another")
        let api = try ScriptedAPI { _, exchange in exchange.respond(problem) }
        await #expect { try await api.client.addHost(ResourceName("a")!) } throws: { error in
            guard case .refused(let received) = error as? FleetClientError else { return false }
            return received == problem && "\(error)" == "host 'a' exists; choose another"
        }
    }

    @Test func nonsenseIsCalledSo() async throws {
        let api = try ScriptedAPI { request, exchange in
            exchange.respond(request.path.hasSuffix("a") ? 200 : 502, text: "<html>")
        }
        for name in ["a", "b"] {
            await #expect { try await api.client.host(name) } throws: { error in
                guard case .unintelligible = error as? FleetClientError else { return false }
                return "\(error)".contains("GET") && "\(error)".contains("/api/v1/hosts/\(name)")
            }
        }
    }

    @Test func anAbsentControllerIsUnreachable() async throws {
        let directory = try TemporaryDirectory()
        let client = FleetClient(address: try #require(ControllerAddress("unix:" + directory.file("none.sock"))))
        await #expect { try await client.hosts() } throws: { error in
            guard case .unreachable = error as? FleetClientError else { return false }
            return "\(error)".contains("none.sock") && "\(error)".contains("--controller")
        }
    }

    @Test(arguments: [
        "", "unix:", "unix:relative", "localhost:80", "ftp://host", "http://", "http://user@host", "http://host/path",
        "http://ho st",
    ])
    func addressesThatMeanNothingAreRefused(_ text: String) { #expect(ControllerAddress(text) == nil) }

    @Test func waitingForAJobFollowsItToItsEnd() async throws {
        let states: [JobState] = [.offered, .applying, .applying, .succeeded]
        let asked = Mutex(0)
        let api = try ScriptedAPI { request, exchange in
            if request.path.hasSuffix("/events/stream") {
                #expect(request.query["type"] == "job.status")
                exchange.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                return exchange.waitForClient()
            }
            let index = asked.withLock { count in
                defer { count += 1 }
                return min(count, states.count - 1)
            }
            exchange.respond(json: Self.job(states[index], percent: Double(index)))
        }
        let seen = Mutex<[JobState]>([])
        let job = try await api.client.waitForJob(Self.jobID) { job in seen.withLock { $0.append(job.state) } }
        #expect(job.state == .succeeded)
        #expect(seen.withLock { $0 } == [.offered, .applying, .applying, .succeeded])
    }

    @Test func aControllerThatIsStartedAgainIsWaitedForAndARefusalIsNot() async throws {
        let gone = Problem(status: 404, code: "not-found", title: "no job is named so")
        let asked = Mutex(0)
        let api = try ScriptedAPI { request, exchange in
            guard !request.path.hasSuffix("/events/stream") else { return exchange.close() }
            let number = asked.withLock { count in
                count += 1
                return count
            }
            switch number {
            case 1: exchange.respond(json: Self.job(.offered, percent: 0))
            case 2: exchange.respond(Problem(status: 503, code: "stopping", title: "The controller is stopping"))
            case 3: exchange.close()
            case 4: exchange.respond(json: Self.job(.applying, percent: 1))
            default: exchange.respond(gone)
            }
        }
        let seen = Mutex<[String]>([])
        await #expect {
            _ = try await api.client.waitForJob(
                Self.jobID, onChange: { job in seen.withLock { $0.append(job.state.rawValue) } },
                onAbsence: { error in seen.withLock { $0.append("\(error)") } })
        } throws: {
            "\($0)" == gone.title
        }
        #expect(seen.withLock { $0.first == "offered" && $0.last == "applying" })
        #expect(seen.withLock { $0.contains("The controller is stopping") })
    }

    static let jobID = JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!

    static func job(_ state: JobState, percent: Double) -> JobResource {
        JobResource(
            id: jobID, host: HostID(UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))),
            hostName: ResourceName("h")!, kind: "vm.clone", arguments: .object([:]), state: state,
            cancelRequested: false, progress: JobProgress(job: jobID, activity: "downloading", percent: percent),
            createdAt: now, updatedAt: now, expiresAt: now)
    }
}
