import FleetModel
import FleetTestSupport
import Testing

/// What is asked for in a person's words, and what is said before anything is lost.
@Suite struct SnapshotCommandTests {
    private static let vm = Fleet.vms[0].vm.id

    private func controller() throws -> FakeController {
        try FakeController([
            "POST /jobs": { $1.respond(json: Fleet.job(.planned), status: 201) },
            "GET /vms": { $1.respond(page: [Fleet.vms[0], Fleet.vms[1]]) },
        ])
    }

    @Test(arguments: [
        (["create", "office", "now", "--policy", "nightly"], "create", #""name":"now","policy":"nightly","#, ""),
        (["create", "office", "now", "--memory"], "create", #""memory":true,"name":"now","#, ""),
        (["revert", "office", "clean", "--yes", "--no-memory"], "revert", #""memory":false,"#, #","start":true"#),
        (["revert", "office", "clean", "--yes"], "revert", "", #","start":true"#),
        (["revert", "office", "clean", "--yes", "--no-start"], "revert", "", #","start":false"#),
        (["delete", "office", "01ARZ3NDEKTSV4RRFFQ69G5FB1", "--yes"], "delete", "", ""),
        (["pin", "office", "clean"], "pin", #""pinned":true,"#, ""),
        (["unpin", "office", "clean"], "pin", #""pinned":false,"#, ""),
        (["flatten", "office"], "flatten", "", ""),
    ])
    func theHostIsAsked(_ words: [String], _ kind: String, _ before: String, _ more: String) async throws {
        let controller = try controller()
        let output = try await controller.run(["snapshot"] + words)
        #expect(output.status == 0, "\(output.errorText)")
        let snapshot = ["create", "flatten"].contains(kind) ? "" : #""snapshot":"\#(Fleet.snapshots[0].id)"\#(more),"#
        #expect(
            controller.requests.last?.bodyText
                == #"{"arguments":{\#(before)\#(snapshot)"vm":"\#(Self.vm)"},"host":"\#(Fleet.anna)","kind":"snapshot.\#(kind)"}"#
        )
    }

    @Test func pruningTakesTheOldOnesOfThePolicyOnly() async throws {
        let controller = try controller()
        let words = ["snapshot", "prune", "office", "--policy", "nightly", "--keep", "1"]
        let asked = try await controller.run(words)
        #expect(asked.status == 2)
        #expect(asked.errorText.contains("Delete 'nightly-1' of VM 'office' on host 'anna-laptop'?"))
        #expect(try await controller.run(words + ["--yes"]).status == 0)
        let posts = controller.requests.filter { $0.method == "POST" }
        #expect(posts.count == 1)
        #expect(posts.first?.bodyText.contains("\(Fleet.snapshots[1].id)") == true)
        let none = try await controller.run("snapshot", "prune", "office", "--policy", "nightly", "--keep", "2")
        #expect(none.status == 0)
        #expect(none.errorText.contains("no snapshot of policy 'nightly' beyond the newest 2"))
        #expect(try await controller.run("snapshot", "prune", "office", "--policy", "x", "--keep", "-1").status == 2)
    }

    @Test func whatIsLostIsSaidFirst() async throws {
        let controller = try controller()
        let output = try await controller.run("snapshot", "revert", "office", "clean")
        #expect(output.status == 2)
        #expect(
            output.errorText.contains(
                "Revert VM 'office' (running) on host 'anna-laptop' to snapshot 'clean', made 30 days ago? "
                    + "What the VM has done since snapshot 'nightly-2' is lost. "
                    + "Disk sdb (block device /dev/sdb) is not part of the snapshot and stays as it is."),
            "\(output.errorText)")
        #expect(!controller.requests.contains { $0.method == "POST" })
        #expect(try await controller.run("snapshot", "revert", "office", "clean", "--start", "--no-start").status == 2)
    }

    @Test func aRevertIsShownFirst() async throws {
        let controller = try controller()
        let shown = try await controller.run("snapshot", "revert", "office", "clean", "--dry-run")
        #expect(shown.status == 3, "\(shown.errorText)")
        for line in [
            "3 MiB, written since snapshot 'nightly-2' (24 h ago)", "sdb (block device /dev/sdb), as it is", "it boots",
            "clean, nightly-1, nightly-2, attempt",
        ] { #expect(shown.text.contains(line), "\(shown.text)") }
        for (words, afterwards) in [
            (["nightly-1"], "goes-on"), (["nightly-1", "--no-memory"], "boots"), (["nightly-1", "--no-start"], "off"),
        ] {
            let output = try await controller.run(
                ["snapshot", "revert", "office"] + words + ["--dry-run", "--output", "json"])
            #expect(output.text.contains("\"\(afterwards)\""), "\(output.text)")
        }
        #expect(!controller.requests.contains { $0.method == "POST" })
    }

    @Test func whoMadeWhatIsNotThereIsTold() async throws {
        let controller = try controller()
        let missing = try await controller.run("snapshot", "delete", "office", "nothing", "--yes")
        #expect(missing.status == 1)
        #expect(missing.errorText.contains("VM 'office' has no snapshot 'nothing'"))
        let foreign = try await controller.run("snapshot", "delete", "office", "by-hand", "--yes")
        #expect(foreign.errorText.contains("made by somebody else and is left alone"))
        let none = try await controller.run("snapshot", "list", "plc-line-4")
        #expect(none.errorText.contains("virtfleet snapshot create"))
    }
}
