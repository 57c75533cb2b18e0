import FleetFiles
import FleetModel
import FoundationEssentials
import Testing

@Suite struct PolicyFileTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "config/policies").path

    /// What operators copy: there is one for each action.
    @Test(arguments: [
        ("nightly", Policy.Action.snapshot), ("monthly-update", .update), ("guest-updates", .guest),
        ("save-on-sleep", .power),
    ])
    func theShippedPoliciesShowEveryKeyOfTheirActions(name: String, action: Policy.Action) throws {
        let file = Self.directory + "/\(name).yaml"
        let policy = try Policy(file: file)
        #expect(policy.action == action)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for key in try policy.document().keys { #expect(text.contains("\n\(key):"), "\(key)") }
    }

    @Test func aDocumentOfBeforeThereWereActionsMakesSnapshots() throws {
        let policy = try Policy(document: ["memory": .bool(true), "grace": .string("1h")])
        #expect(policy.action == .snapshot && policy.memory)
    }

    @Test(arguments: Policy.Action.allCases) func whatIsKeptIsReadAgainAsItWas(action: Policy.Action) throws {
        var document: [String: JSONValue] = [
            "action": .string(action.rawValue), "vms": .array([.string("office-ada")]),
        ]
        switch action {
        case .snapshot: document["memory"] = .bool(true)
        case .update: (document["template"], document["version"]) = (.string("win11"), .string("2026.12"))
        case .guest: document["command"] = .string("updates")
        case .power: document["onHostSleep"] = .string("save")
        }
        let policy = try Policy(document: document)
        let kept = try policy.document()
        for (key, value) in document { #expect(kept[key] == value) }
        #expect(try Policy(document: kept) == policy)
        #expect(
            kept.keys.contains("recurrence") == policy.isTimed && kept.keys.contains("keep") == (action == .snapshot))
    }

    @Test(arguments: [
        (
            "{action: update, vms: [a], template: t, keep: {last: 1}}",
            "keep: is a key of action: snapshot, not of update"
        ),
        ("{template: t}", "template: is a key of action: update, not of snapshot"),
        ("{action: guest, command: c, onHostSleep: save}", "onHostSleep: is a key of action: power, not of guest"),
        ("{action: power, grace: 1h}", "grace: is a key of action: snapshot or update or guest, not of power"),
        ("{action: guest, comand: c}", "comand: unknown key; did you mean 'command'?"),
        ("{action: guest}", "command: expected a command of the VMs' profiles, got none"),
        ("{action: update, vms: [a]}", "template: expected the name of a template, got none"),
        ("{action: update, template: t}", "profiles: expected profiles or vms: not every VM is one of this template"),
        ("{action: update, vms: [a], template: t, guestAgentTimeoutSeconds: 3601}", "expected 0 to 3600, got 3601"),
        ("{action: update, vms: [a], template: t, forceAfter: 101}", "forceAfter: expected 1 to 100, got 101"),
        ("{action: guest, command: c, forceAfter: 3}", "forceAfter: is a key of action: update, not of guest"),
        ("{action: guest, command: c, notice: 30s}", "notice: expected from 1m to 1d, got 30s"),
        ("{action: guest, command: c, deferrals: 2}", "deferrals: put off a notice; there is none"),
        ("{action: guest, command: c, grace: 10m, notice: 10m}", "notice: expected less than the grace"),
        ("{notice: 5m}", "notice: is a key of action: update or guest, not of snapshot"),
        ("{action: power, onHostSleep: hibernate}", "onHostSleep: expected one of pause, save, shutdown, ignore"),
        ("{action: backup}", "action: expected one of snapshot, update, guest, power"),
        ("{requirements: [sunshine]}", "requirements[0]: expected power, idle, network, user or disk=MEBIBYTES"),
        ("{requirements: [power, idle, network, user, power, idle, network, user, power]}", "expected at most 8"),
    ])
    func whatDoesNotBelongIsRefused(text: String, says: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "policy-\(UUID()).yaml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect {
            _ = try Policy(file: file.path)
        } throws: { error in
            guard case let invalid as InvalidDocument = error else { return false }
            return invalid.problems.contains { $0.contains(says) }
        }
    }
}
