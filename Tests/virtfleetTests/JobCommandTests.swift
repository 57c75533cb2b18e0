import FleetModel
import FleetTestSupport
import FoundationEssentials
import Synchronization
import Testing

@Suite struct JobCommandTests {
    private static let conflict = Problem(
        status: 409, code: "name-taken", title: "Conflict", detail: "the name is taken")

    /// Plays jobs: planning fails for hosts of the set; a followed job goes through `states`.
    private func controller(
        refusing: Set<String> = [], states: [JobState] = [.offered, .applying, .succeeded], message: String? = nil
    ) throws -> FakeController {
        let asked = Mutex(0)
        let next: @Sendable () -> JobState = {
            asked.withLock { count in
                defer { count += 1 }
                return states[min(count, states.count - 1)]
            }
        }
        return try FakeController([
            "POST /jobs": { request, exchange in
                let wanted = try? FleetJSON.decode(JobRequest.self, from: Data(request.body))
                if refusing.contains(wanted?.host ?? "") { return exchange.respond(problem: Self.conflict) }
                exchange.respond(json: Fleet.job(.planned), status: 201)
            },
            "GET /jobs/\(Fleet.job)": { $1.respond(json: Fleet.job(next(), message: message)) },
            "POST /jobs/\(Fleet.job)/cancel": { $1.respond(json: Fleet.job(.applying), status: 202) },
            "GET /vms": { $1.respond(page: Fleet.vms) },
            "GET /events/stream": { _, exchange in
                exchange.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                exchange.waitForClient()
            },
        ])
    }

    @Test func whatAsksForAJobTakesItsTime() async throws {
        let controller = try controller()
        let output = try await controller.run(
            "vm", "start", "plc-line-4", "--window", "nights", "--not-before",
            "2026-12-24T18:00:00+01:00", "--expires",
            "30d",
            "--require", "power", "--require", "disk=2048")
        #expect(output.status == 0, "\(output.errorText)")
        let body = try #require(controller.requests.last { $0.target.hasSuffix("/jobs") }).bodyText
        #expect(
            body.contains(
                #""expiresInSeconds":2592000,"host":"\#(Fleet.anna)","kind":"vm.start","notBefore":"2026-12-24T17:00:00.000Z","requirements":["power","disk=2048"],"window":"nights""#
            ), "\(body)")
        for words in [["--not-before", "tomorrow"], ["--expires", "soon"], ["--require", "moon"]] {
            let refused = try await controller.run(["vm", "start", "plc-line-4"] + words)
            #expect(refused.status == 2 && refused.errorText.contains("expected"), "\(refused.errorText)")
        }
    }

    @Test func theOrderOfAQueueIsSaidInOneWay() async throws {
        var begun = Fleet.job(.applying)
        begun.id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G1001"))
        var job = Fleet.job(.waiting)
        job.id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G1002"))
        let waiting = job
        let queue = [begun, waiting, Fleet.job(.offered)]
        let controller = try FakeController([
            "GET /jobs/\(Fleet.job)": { $1.respond(json: Fleet.job(.offered)) },
            "GET /hosts/\(Fleet.anna)": { $1.respond(json: Fleet.hosts[0]) },
            "GET /hosts/anna-laptop": { $1.respond(json: Fleet.hosts[0]) },
            "GET /hosts/anna-laptop/queue": { $1.respond(page: queue) },
            "GET /hosts/\(Fleet.anna)/queue": { $1.respond(page: queue) },
            "DELETE /hosts/\(Fleet.anna)/queue": { $1.respond(page: [waiting]) },
            "POST /jobs/\(Fleet.job)/move": { $1.respond(json: Fleet.job(.offered)) },
        ])
        let listed = try await controller.run("job", "queue", "anna-laptop", "-o", "name")
        #expect(listed.text == queue.map { "\($0.id)\n" }.joined())
        for (words, body) in [
            (["--first"], #"{"before":"\#(waiting.id)"}"#), (["--last"], "{}"),
            (["--before", "\(begun.id)"], #"{"before":"\#(begun.id)"}"#),
        ] {
            let output = try await controller.run(["job", "move", "\(Fleet.job)"] + words)
            #expect(output.status == 0, "\(output.errorText)")
            #expect(controller.requests.last?.bodyText == body, "\(words)")
        }
        #expect(try await controller.run("job", "move", "\(Fleet.job)").status == 2)
        #expect(try await controller.run("job", "move", "\(Fleet.job)", "--first", "--last").status == 2)
        let refused = try await controller.run("job", "purge", "anna-laptop")
        #expect(refused.status == 2)
        #expect(refused.errorText.contains("Take back 2 jobs of host 'anna-laptop'"), "\(refused.errorText)")
        let purged = try await controller.run("job", "purge", "anna-laptop", "--yes", "-o", "name")
        #expect(purged.text == "\(waiting.id)\n", "\(purged.errorText)")
    }

    @Test func aTimeWithoutAZoneIsThisMachines() async throws {
        let controller = try controller()
        let output = try await controller.run(
            ["vm", "start", "plc-line-4", "--not-before", "2026-07-01T12:00"],
            environment: ["TZ": "Europe/Berlin"])
        #expect(output.status == 0, "\(output.errorText)")
        let body = try #require(controller.requests.last { $0.target.hasSuffix("/jobs") }).bodyText
        #expect(body.contains(#""notBefore":"2026-07-01T10:00:00.000Z""#), "\(body)")
    }

    @Test func aNoticeAndItsDeferralsAreAskedFor() async throws {
        let controller = try controller()
        let output = try await controller.run(
            "vm", "start", "plc-line-4", "--window", "nights", "--force-after", "3", "--notice", "15m", "--deferrals",
            "2",
            "--require", "user", "--require", "network")
        #expect(output.status == 0, "\(output.errorText)")
        let body = try #require(controller.requests.last { $0.target.hasSuffix("/jobs") }).bodyText
        for part in [
            #""forceAfter":3"#, #""notice":{"deferrals":2,"seconds":900}"#, #""requirements":["user","network"]"#,
        ] { #expect(body.contains(part), "\(body)") }
        for (words, says) in [
            (["--force-after", "3"], "--window"), (["--deferrals", "2"], "--notice"),
            (["--notice", "59s"], "60 to 86400 seconds"),
            (["--notice", "1h", "--deferrals", "11"], "0 to 10 deferrals"),
        ] {
            let refused = try await controller.run(["vm", "start", "plc-line-4"] + words)
            #expect(refused.status == 2 && refused.errorText.contains(says), "\(refused.errorText)")
        }
    }

    @Test func whenAJobMayStartIsShown() async throws {
        var job = Fleet.job(.waiting)
        let opening = Date(timeIntervalSince1970: 1_800_000_000)
        job.conditions = JobConditions(
            notBefore: opening - 60, window: ResourceName("nights"),
            windows: [Occurrence(start: opening, end: opening + 3600)], forceAfter: 3,
            requirements: [.power, .disk(mebibytes: 10)], notice: JobNotice(seconds: 900, deferrals: 2))
        let shown = job
        let controller = try FakeController(["GET /jobs/\(Fleet.job)": { $1.respond(json: shown) }])
        let output = try await controller.run(
            ["job", "show", Fleet.job.description], environment: ["TZ": "UTC"])
        let lines = output.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "Not before: 2027-01-15 07:59:00", "Window: nights", "Requires: power, disk=10",
            "Force after: 3 missed", "Notice: 15 min, 2 deferrals",
            "Time 1: 2027-01-15 08:00:00 to 2027-01-15 09:00:00",
        ] { #expect(lines.contains(line), "\(output.text)") }
    }

    @Test func cloneAsksForWhatWasSaid() async throws {
        let controller = try controller()
        let output = try await controller.run(
            "vm", "clone", "office:2026.11", "office-2", "--host", "anna-laptop", "--profile", "small", "--no-start")
        #expect(output.status == 0)
        #expect(output.text.contains("planned"))
        let request = try #require(controller.requests.first)
        #expect(
            request.bodyText
                == #"{"arguments":{"name":"office-2","profile":"small","start":false,"template":"office","version":"2026.11"},"host":"anna-laptop","kind":"vm.clone"}"#
        )
    }

    @Test func waitFollowsTheJobToItsEnd() async throws {
        let output = try await controller().run(
            "vm", "clone", "office:1", "office-2", "--profile", "linux", "--host", "anna-laptop", "--wait")
        #expect(output.status == 0)
        #expect(output.text.contains("succeeded"))
        #expect(output.errorText.contains("job \(Fleet.job): vm.clone on anna-laptop: offered"))
    }

    @Test func aFailedJobIsAFailedCommand() async throws {
        for words in [
            ["vm", "clone", "office:1", "office-2", "--profile", "linux", "--host", "anna-laptop", "--wait"],
            ["job", "watch", Fleet.job.description],
        ] {
            let output = try await controller(states: [.applying, .failed], message: "the disk is full").run(words)
            #expect(output.status == 1)
            #expect(output.text.contains("the disk is full"))
        }
    }

    @Test func someOfSeveralHostsIsPartlyFailed() async throws {
        let words = ["vm", "clone", "office:1", "x", "--profile", "linux", "--host", "anna", "--host", "ben"]
        let partly = try await controller(refusing: ["ben"]).run(words)
        #expect(partly.status == 4)
        #expect(partly.errorText.contains("host 'ben': the name is taken"))
        #expect(partly.text.contains(Fleet.job.description))
        #expect(try await controller(refusing: ["anna", "ben"]).run(words).status == 6)
        #expect(try await controller().run(words).status == 0)
        #expect(try await controller(states: [.failed]).run(words + ["--wait"]).status == 1)
    }

    @Test func verbsOnAVMNameItByUUID() async throws {
        let controller = try controller()
        let id = Fleet.vms[1].vm.id
        for (words, kind, arguments) in [
            (["start", "plc-line-4"], "vm.start", #"{"vm":"\#(id)"}"#),
            (
                ["stop", "plc-line-4", "--force", "--timeout", "9"], "vm.stop",
                #"{"force":true,"timeoutSeconds":9,"vm":"\#(id)"}"#
            ),
            (["suspend", "plc-line-4"], "vm.suspend", #"{"vm":"\#(id)"}"#),
            (["resume", "plc-line-4"], "vm.resume", #"{"vm":"\#(id)"}"#),
            (["focus", "plc-line-4"], "vm.focus", #"{"vm":"\#(id)"}"#),
            (
                ["resize", "plc-line-4", "--memory", "8192", "--data-disk", "9"], "vm.resize",
                #"{"asProfile":false,"dataDiskGiB":9,"memoryMiB":8192,"vm":"\#(id)"}"#
            ),
            (["rename", "plc-line-4", "plc-5"], "vm.rename", #"{"name":"plc-5","vm":"\#(id)"}"#),
            (["reboot", "plc-line-4", "--force"], "vm.reboot", #"{"force":true,"vm":"\#(id)"}"#),
            (["delete", id.description, "--host", "anna-laptop", "--yes"], "vm.delete", #"{"vm":"\#(id)"}"#),
        ] {
            let output = try await controller.run(["vm"] + words)
            // A UUID is asked for by itself, which this controller does not play.
            guard kind != "vm.delete" else {
                #expect(output.errorText.contains("GET /vms/\(id)"))
                continue
            }
            #expect(output.status == 0, "\(output.errorText)")
            #expect(
                controller.requests.last?.bodyText
                    == #"{"arguments":\#(arguments),"host":"\#(Fleet.anna)","kind":"\#(kind)"}"#)
        }
    }

    @Test func nothingIsDeletedWithoutConsent() async throws {
        let controller = try controller()
        let output = try await controller.run("vm", "delete", "plc-line-4")
        #expect(output.status == 2)
        #expect(output.errorText.contains("Delete VM 'plc-line-4' (crashed) on host 'anna-laptop'"))
        #expect(output.errorText.contains("--yes"))
        #expect(!controller.requests.contains { $0.method == "POST" })
        #expect(try await controller.run("vm", "delete", "plc-line-4", "--yes").status == 0)
        #expect(controller.requests.last?.bodyText.contains("vm.delete") == true)
    }

    @Test func anUpdateSaysWhatBecomesOfTheSystemDisk() async throws {
        let controller = try controller()
        let words = ["vm", "update", "plc-line-4", "office:2", "--guest-timeout", "0", "--snapshot", "old"]
        let asked = try await controller.run(words)
        #expect(asked.status == 2)
        #expect(asked.errorText.contains("Update VM 'plc-line-4' (crashed) on host 'anna-laptop' to office:2?"))
        #expect(asked.errorText.contains("what is only on its system disk will be in the snapshot alone"))
        #expect(!controller.requests.contains { $0.method == "POST" })
        #expect(try await controller.run(words + ["--yes"]).status == 0)
        let id = Fleet.vms[1].vm.id
        #expect(
            controller.requests.last?.bodyText
                == #"{"arguments":{"shutdownTimeoutSeconds":120,"snapshot":"old","start":true,"template":"office","version":"2","vm":"\#(id)"},"host":"\#(Fleet.anna)","kind":"vm.update"}"#
        )
    }

    @Test func cancelAsksAndShowsWhatIsKnown() async throws {
        let output = try await controller().run("job", "cancel", Fleet.job.description)
        #expect(output.status == 0)
        #expect(output.text.contains("applying"))
    }
}
