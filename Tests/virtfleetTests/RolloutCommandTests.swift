import FleetFiles
import FleetModel
import FleetTestSupport
import FoundationEssentials
import Synchronization
import Testing

/// `virtfleet rollout ...` against a played controller.
@Suite struct RolloutCommandTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "config/rollouts/office-update.yaml").path
    private static let place = "/rollouts/office-update"

    private func fleet(_ others: [String: FakeController.Answer] = [:]) throws -> FakeController {
        var answers: [String: FakeController.Answer] = [
            "POST \(Self.place)/plan": { $1.respond(json: Fleet.rolloutPlan) },
            "POST \(Self.place)": { $1.respond(json: Fleet.rollout(.running), status: 201) },
            "GET /rollouts": { $1.respond(page: [Fleet.rollout(.halted, reason: "1 of 3 hosts failed")]) },
            "GET \(Self.place)": {
                let time = Date(timeIntervalSince1970: 1_790_000_000)
                $1.respond(json: Fleet.rollout(.soaking, at: time, abort: "roll-back", approvedBy: ["ben", "carla"]))
            },
            "GET \(Self.place)/hosts": { request, exchange in
                exchange.respond(
                    page: Fleet.rolloutHosts.filter {
                        !request.target.contains("state=") || request.target.contains("state=\($0.state.rawValue)")
                    })
            },
        ]
        for request in RolloutRequest.allCases {
            answers["POST \(Self.place)/\(request.rawValue)"] = { $1.respond(json: Fleet.rollout(.running)) }
        }
        return try FakeController(answers.merging(others) { $1 })
    }

    @Test(arguments: [
        ("rollout-plan", ["plan", file]), ("rollout-list", ["list"]), ("rollout-status", ["status", "office-update"]),
        ("rollout-status-hosts", ["status", "office-update", "--hosts"]),
        ("rollout-status-failed", ["status", "office-update", "--state", "failed", "-o", "wide"]),
    ])
    func whatIsShownIsAsWritten(_ name: String, _ words: [String]) async throws {
        let output = try await fleet().run(["rollout"] + words)
        #expect(output.errorText == "")
        #expect(output.status == 0)
        let difference = try GoldenFile("\(name).txt").difference(from: output.text)
        #expect(difference == nil)
    }

    @Test func programsGetTheResources() async throws {
        func shown<Value: Decodable>(_ words: String...) async throws -> Value {
            let output = try await fleet().run(["rollout"] + words + ["-o", "json"])
            return try FleetJSON.decode(Value.self, from: Data(output.text.utf8))
        }
        let plan: JSONValue = try await shown("plan", Self.file)
        #expect(plan["plan"] == .string(Fleet.digest.description))
        let rollout: JSONValue = try await shown("status", "office-update")
        #expect(
            rollout["hosts"]
                == .object([
                    "failed": .integer(1), "pending": .integer(4), "succeeded": .integer(2), "unfit": .integer(1),
                ]))
        let hosts: [JSONValue] = try await shown("status", "office-update", "--hosts")
        #expect(hosts.map { $0["hostName"]?.stringValue } == ["anna-laptop", "ben-laptop"])
    }

    @Test func aPlanIsALineOfPlainValuesForEachHost() async throws {
        let output = try await fleet().run("rollout", "plan", Self.file, "-o", "csv")
        let lines = output.text.split(separator: "\n")
        #expect(lines.count == 3 && lines[0] == "host,state,seen,answer,nearest fix,changes,size,window")
        #expect(
            lines[1].hasSuffix(
                "update VM office to windows:2026-12; update VM plc-line-4 to windows:2026-12,3221225472,"
                    + "2027-01-15T08:00:00.000Z/2027-01-15T14:00:00.000Z"), "\(output.text)")
        #expect(lines[2].contains(#","/var has 1 GiB free, 4 GiB are needed",Delete snapshots of VM office.,"#))
    }

    @Test func theWholeIntentIsPlannedByTheNameOfItsFile() async throws {
        let controller = try fleet()
        _ = try await controller.run("rollout", "plan", Self.file, "-o", "name")
        let sent = try #require(controller.requests.last)
        let application = try FleetJSON.decode(RolloutApplication.self, from: Data(sent.body))
        #expect(application == RolloutApplication(intent: try RolloutIntent(file: Self.file).document()))
        let other = try await controller.run("rollout", "plan", Self.file, "--name", "other")
        #expect(other.errorText.contains("there is no POST /rollouts/other/plan"), "\(other.errorText)")
    }

    @Test func whatIsNoIntentIsToldWithItsPlaceAndNotSent() async throws {
        let controller = try fleet()
        let file = controller.directory.file("office-update.yaml")
        try Data("kind: vm.delete\nwavs: [1]\n".utf8).write(to: URL(filePath: file))
        for verb in ["plan", "apply"] {
            let output = try await controller.run("rollout", verb, file)
            #expect(output.status == 1)
            #expect(output.errorText.contains("office-update.yaml:2:1: wavs: unknown key; did you mean 'waves'?"))
            #expect(output.errorText.contains("office-update.yaml:1:7: kind: expected one of vm.clone"))
        }
        #expect(controller.requests.isEmpty)
    }

    @Test func whatWasPlannedBeginsOnceSomebodyAgrees() async throws {
        let controller = try fleet()
        let unasked = try await controller.run("rollout", "apply", Self.file)
        #expect(unasked.status == 2)
        #expect(unasked.errorText.contains("Begin rollout 'office-update' on 1 host?"), "\(unasked.errorText)")
        for line in ["Hosts that do not:   1", "To transfer at most: 3 GiB", Fleet.digest.description] {
            let text = unasked.errorText.split(separator: " ").joined(separator: " ")
            #expect(text.contains(line.split(separator: " ").joined(separator: " ")), "\(unasked.errorText)")
        }
        #expect(!controller.requests.contains { $0.path.hasSuffix(Self.place) })
        let agreed = try await controller.run("rollout", "apply", Self.file, "--yes", "-o", "name")
        #expect(agreed.text == "office-update\n")
        let sent = try #require(controller.requests.last { $0.path.hasSuffix(Self.place) })
        let application = try FleetJSON.decode(RolloutApplication.self, from: Data(sent.body))
        #expect(application.plan == Fleet.digest)
        #expect(application.intent == (try RolloutIntent(file: Self.file).document()))
    }

    @Test func aPlanThatWasLookedAtIsAppliedAsItIs() async throws {
        let controller = try fleet()
        let other = String(repeating: "cd", count: 32)
        let output = try await controller.run("rollout", "apply", Self.file, "--plan", other)
        #expect(output.status == 0, "\(output.errorText)")
        #expect(controller.requests.count == 1)
        #expect(controller.requests.first?.bodyText.contains(#""plan":"\#(other)""#) == true)
    }

    @Test func aPlanOfAnotherFleetBeginsNothing() async throws {
        let controller = try fleet([
            "POST \(Self.place)": {
                $1.respond(
                    problem: Problem(
                        status: 409, code: "plan-outdated", title: "Conflict", detail: "the plan would be another now"))
            }
        ])
        let output = try await controller.run("rollout", "apply", Self.file, "--yes")
        #expect(output.status == 6)
        #expect(
            output.errorText.contains(
                "nothing was begun: the plan would be another now; plan again with 'virtfleet rollout plan \(Self.file)'"
            ),
            "\(output.errorText)")
    }

    @Test func aTakenNameIsTheControllersOwnWords() async throws {
        let taken = Problem(status: 409, code: "conflict", title: "Conflict", detail: "there was one named so")
        let output = try await fleet(["POST \(Self.place)": { $1.respond(problem: taken) }])
            .run("rollout", "apply", Self.file, "--plan", Fleet.digest.description)
        #expect(output.status == 6 && output.errorText == "virtfleet: there was one named so\n")
    }

    @Test func eachRequestIsOneCall() async throws {
        let controller = try fleet()
        for (words, path, body) in [
            (["approve", "office-update"], "approve", ""), (["pause", "office-update"], "pause", ""),
            (["resume", "office-update"], "resume", ""), (["abort", "office-update", "--yes"], "abort", ""),
            (["retry", "office-update"], "retry", "{}"),
            (["retry", "office-update", "anna-laptop", "ben"], "retry", #"{"hosts":["anna-laptop","ben"]}"#),
        ] {
            let output = try await controller.run(["rollout"] + words + ["-o", "name"])
            #expect(output.text == "office-update\n", "\(output.errorText)")
            let sent = try #require(controller.requests.last)
            #expect(sent.method == "POST" && sent.path.hasSuffix("\(Self.place)/\(path)") && sent.bodyText == body)
        }
    }

    @Test func abortingAsksFirstAndSaysWhatBecomesOfWhatHasBegun() async throws {
        let controller = try fleet()
        let refused = try await controller.run("rollout", "abort", "office-update")
        #expect(refused.status == 2)
        #expect(
            refused.errorText.contains(
                "Abort rollout 'office-update' (soaking, 3 of 7 hosts done)? Hosts that have begun (0) roll back."),
            "\(refused.errorText)")
        #expect(!controller.requests.contains { $0.method == "POST" })
    }

    /// Plays a rollout that goes through `answers`, one for each time that somebody asks; the last one stays.
    private func watch(_ answers: [FakeController.Answer]) async throws -> (status: Int32, text: String, error: String)
    {
        let asked = Mutex(0)
        let output = try await fleet([
            "GET \(Self.place)": { request, exchange in
                let number = asked.withLock { count in
                    defer { count += 1 }
                    return count
                }
                answers[min(number, answers.count - 1)](request, exchange)
            }
        ]).run("rollout", "watch", "office-update", "-o", "name")
        return (output.status, output.text, output.errorText)
    }

    private static func answer(_ state: RolloutState, _ hosts: [RolloutHostState: Int]) -> FakeController.Answer {
        { $1.respond(json: Fleet.rollout(state, hosts)) }
    }

    @Test func watchingTellsEachChangeOnceAndWaitsForAControllerThatIsAway() async throws {
        let stopping = try FleetJSON.encode(
            Problem(status: 503, code: "stopping", title: "The controller is stopping"))
        let outcome = try await watch([
            Self.answer(.running, [.pending: 2, .unfit: 1]), Self.answer(.running, [.pending: 2, .unfit: 1]),
            // A connection that was used before is made again unseen; the next one is new.
            {
                $1.respond(503, [("Content-Type", "application/json"), ("Connection", "close")], body: Array(stopping))
            },
            { $1.close() },
            Self.answer(.finished, [.succeeded: 2, .unfit: 1]),
        ])
        let lines = outcome.error.split(separator: "\n")
        #expect(lines.count == 4, "\(outcome.error)")
        #expect(lines.first == "rollout office-update: running, wave 2 of 3, 0 of 2 hosts done")
        #expect(lines.dropFirst().first == "rollout office-update: The controller is stopping")
        #expect(lines.dropFirst(2).first?.contains("does not answer") == true)
        #expect(lines.last == "rollout office-update: finished, wave 2 of 3, 2 of 2 hosts done")
        #expect(outcome.text == "office-update\n" && outcome.status == 0)
    }

    @Test(arguments: [
        (RolloutState.finished, [RolloutHostState.succeeded: 3, .skipped: 1], Int32(0)),
        (.finished, [.succeeded: 2, .failed: 1], 4), (.finished, [.succeeded: 2, .missed: 1], 4),
        (.finished, [.succeeded: 2, .stray: 1], 4), (.finished, [.failed: 2], 1), (.aborted, [.succeeded: 3], 1),
    ])
    func howItEndedIsTheExitStatus(_ state: RolloutState, _ hosts: [RolloutHostState: Int], _ status: Int32)
        async throws
    {
        #expect(try await watch([Self.answer(state, hosts)]).status == status)
    }

    @Test func aRolloutThatIsGoneIsNotWaitedFor() async throws {
        let gone = Problem(status: 404, code: "not-found", title: "Not found", detail: "no rollout is named so")
        let outcome = try await watch([Self.answer(.running, [.pending: 2]), { $1.respond(problem: gone) }])
        #expect(outcome.status == 1 && outcome.error.hasSuffix("virtfleet: no rollout is named so\n"))
    }

    @Test func namesOfRolloutsAndHostsAreCompleted() async throws {
        let controller = try fleet(["GET /hosts": { $1.respond(page: Fleet.hosts) }])
        let names = try await controller.run("__complete", "rollout", "status", "of")
        #expect(names.text == "office-update\thalted\n")
        let hosts = try await controller.run("__complete", "rollout", "retry", "office-update", "an")
        #expect(hosts.text == "anna-laptop\tonline\n")
    }
}
