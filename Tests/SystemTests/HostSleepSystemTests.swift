import FakeLogin
import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// A host with guests goes to sleep and shuts down, as its logind says: the agent's program, libvirtd and QEMU, with a
/// logind that the test plays on a dbus-daemon.
@Suite struct HostSleepSystemTests {
    @Test func guestsSleepWithTheirHostAndGoOnWithIt() async throws {
        let bus = try await PrivateMessageBus()
        let login = try FakeLogin(on: bus.address, delay: .seconds(60))
        let site = try await OneHost(
            profiles: ["saved": "onHostSleep: save\nonHostShutdown: save\n"],
            environment: ["DBUS_SYSTEM_BUS_ADDRESS": bus.address])
        for (name, profile) in [("paused", "tiny"), ("saved", "saved"), ("left", "bare")] {
            try await site.virtfleet("vm", "clone", "tiny:1", name, "--host", "ada", "--profile", profile, "--wait")
        }
        try await site.virtfleet("vm", "suspend", "left", "--wait")
        let guest = GuestShell(uri: site.libvirt.uri, name: "paused")
        func until(_ host: HostResource.State, _ states: [VMDocument.State]) async throws {
            try await site.until(host, ["paused": states[0], "saved": states[1], "left": states[2]])
        }
        func sleep() async throws {
            try await site.fallAsleep(login)
            try await until(.sleeping, [.paused, .shutoff, .paused])
        }

        // Its clock will be wrong, as if the host had slept for years.
        _ = try await guest.output("date -s '2001-01-01 00:00'")
        try await sleep()
        login.prepareForSleep(false)
        try await until(.online, [.running, .running, .paused])
        try await site.agent.program.until("the guest knows what time it is") {
            try await guest.output("date -u +%Y-%m") != "2001-01\n"
        }

        try await sleep()
        await site.agent.kill()
        login.prepareForSleep(false)
        try await site.agent.start()
        try await until(.online, [.running, .running, .paused])

        #expect(try await eventually { login.locks == ["shutdown", "sleep"] })
        login.prepareForShutdown(true)
        try await site.agent.program.until("the host may shut down", within: .seconds(120)) { login.locks == ["sleep"] }
        try await until(.offline, [.shutoff, .shutoff, .paused])
        await site.close()
    }

    @Test func aPolicyTakesTheProfilesPlaceUntilItGoes() async throws {
        let bus = try await PrivateMessageBus()
        let login = try FakeLogin(on: bus.address, delay: .seconds(60))
        let site = try await OneHost(environment: ["DBUS_SYSTEM_BUS_ADDRESS": bus.address])
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--wait")
        func until(_ action: HostPowerPolicy.SleepAction) async throws {
            try await site.agent.program.until("the agent will \(action.rawValue) it") {
                try await site.vm("office")?.power?.onSleep == action
            }
        }
        try await until(.pause)
        let file = site.agent.directory.file("nights.yaml")
        try Data("action: power\nonHostSleep: save\n".utf8).write(to: URL(filePath: file))
        try await site.virtfleet("policy", "apply", file)
        try await until(.save)
        // Nobody has to be asked by then.
        #expect(await site.controller.stop() == .status(0), "\(site.controller.program.log)")
        try await site.fallAsleep(login)
        try await site.until(nil, ["office": .shutoff])
        login.prepareForSleep(false)
        try await site.until(nil, ["office": .running])

        try await site.controller.start()
        try await site.virtfleet("policy", "delete", "nights", "--yes")
        try await until(.pause)
        try await site.fallAsleep(login)
        try await site.until(.sleeping, ["office": .paused])
        login.prepareForSleep(false)
        try await site.until(.online, ["office": .running])
        await site.close()
    }

    /// QEMU answers nobody any more, and a call to libvirt waits for it without end.
    @Test func aGuestWhoseQEMUHangsKeepsNobodyAwake() async throws {
        let bus = try await PrivateMessageBus()
        let delay = Duration.seconds(5)
        let login = try FakeLogin(on: bus.address, delay: delay)
        let site = try await OneHost(environment: ["DBUS_SYSTEM_BUS_ADDRESS": bus.address])
        for name in ["hung", "other"] {
            try await site.virtfleet("vm", "clone", "tiny:1", name, "--host", "ada", "--profile", "bare", "--wait")
        }
        func signal(_ name: String) async throws {
            let kill = try site.libvirt.inside(["/bin/sh", "-c", "kill -\(name) $(cat /run/libvirt/qemu/hung.pid)"])
            #expect(await kill.wait() == .status(0))
        }
        #expect(try await eventually { login.locks == ["shutdown", "sleep"] })
        try await signal("STOP")
        let begin = ContinuousClock.now
        login.prepareForSleep(true)
        try await site.agent.program.until("the host may sleep") { login.locks == ["shutdown"] }
        #expect(ContinuousClock.now - begin < delay, "logind would not have waited for longer")
        try await site.until(.sleeping, ["other": .paused])
        login.prepareForSleep(false)
        try await site.until(.online, ["other": .running])
        try await signal("CONT")
        try await site.agent.program.until("what libvirt did to it too late is undone") {
            try await site.vmEvents().filter { $0.name == "hung" }.map(\.event).suffix(2) == ["suspended", "resumed"]
        }
        try await site.until(.online, ["hung": .running, "other": .running])
        await site.close()
    }
}

extension OneHost {
    /// The host is about to sleep, and may when this returns.
    fileprivate func fallAsleep(_ login: FakeLogin) async throws {
        #expect(try await eventually { login.locks == ["shutdown", "sleep"] })
        login.prepareForSleep(true)
        try await agent.program.until("the host may sleep") { login.locks == ["shutdown"] }
    }

    /// As virsh and the controller say.
    /// - Parameter host: nil where there is no controller.
    func until(_ host: HostResource.State?, _ vms: [String: VMDocument.State]) async throws {
        let words: [VMDocument.State: String] = [.running: "running", .paused: "paused", .shutoff: "shut off"]
        try await agent.program.until(
            "the host is \(host?.rawValue ?? "alone") and its VMs are \(vms)", within: .seconds(120)
        ) {
            for (name, state) in vms {
                let found = try await Subprocess.run("virsh", ["-c", libvirt.uri, "domstate", name])
                guard found.text.hasPrefix(words[state] ?? "?") else { return false }
            }
            guard let host else { return true }
            return try await client.host("ada").state == host
        }
    }
}
