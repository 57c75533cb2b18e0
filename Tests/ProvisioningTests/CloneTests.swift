import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Hypervisor
import Placement
import Subprocess
import Testing
@testable import Provisioning

@Suite struct CloneTests {
    @Test func makesOneCompleteVM() async throws {
        let world = try await World()
        let life = try await Life(world)
        let job = try world.clone()
        try await life.receive(job)
        try await life.finish(job.id)

        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(world.last(of: job.id)?.vm == World.vm())
        var states: [JobState] = []
        for state in world.states(of: job.id) where states.last != state { states.append(state) }
        #expect(states == [.accepted, .ready, .applying, .verifying, .succeeded])
        let steps = world.reports.withLock { $0.compactMap(\.step) }
        #expect(steps.map(\.name) == ["files", "definition", "start"])
        #expect(steps.map(\.index) == [1, 2, 3])
        try await expectCompleteClone(world, job.id)
    }

    @Test func definesWhatTheProfileSays() async throws {
        let world = try await World()
        var profile = Life.profile
        profile.memoryMiB = 2048
        profile.vcpus = 3
        profile.networks = [.user, .user]
        profile.console = .vnc
        profile.guestOS = .windows
        profile.autostart = true
        profile.onHostSleep = .shutdown
        profile.onHostShutdown = .save
        let life = try await Life(world, profile: profile)
        let job = try world.clone(start: false)
        try await life.receive(job)
        try await life.finish(job.id)

        let xml = try await life.hypervisor.definition(of: World.vm())
        let definition = try DomainDefinition(xml: xml)
        #expect(definition.name == "office")
        let identity = CloneIdentity(job: job.id)
        #expect(definition.macs == [identity.mac(nic: 0), identity.mac(nic: 1)])
        #expect(definition.guestOS == .windows && xml.contains("<graphics type='vnc'>"))
        #expect(definition.memoryBytes == 2 << 30)
        #expect(definition.vcpus == 3)
        #expect(definition.power == HostPowerPolicy(onSleep: .shutdown, onShutdown: .save))
        #expect(definition.origin == VMDocument.Origin(job: job.id, template: world.image.digest, profile: "small"))
        let domain = try await life.hypervisor.domain(World.vm())
        #expect(domain.state == .shutoff && domain.autostart)
        #expect(life.hypervisor.calls(of: .start) == 0)
    }

    @Test func everyCloneIsItself() {
        let first = CloneIdentity(job: World.jobID(1))
        let second = CloneIdentity(job: World.jobID(2))
        #expect(first.vm == CloneIdentity(job: World.jobID(1)).vm)
        let macs = [first.mac(nic: 0), first.mac(nic: 1), second.mac(nic: 0)]
        #expect(Set(macs).count == 3)
        for mac in macs { #expect(["2", "6", "a", "e"].contains(mac.description.dropFirst().first.map(String.init))) }
        #expect(Set([first.vm.uuid, first.genID, second.vm.uuid, second.genID]).count == 4)
    }

    @Test func fetchesTheImageFirst() async throws {
        let world = try await World(imageIsThere: false)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: world.directory.file("1.qcow2"))))
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(200, body: bytes) }
        let life = try await Life(world, source: .init(url: server.url, token: "t"))
        let first = try world.clone(1, name: "one")
        let second = try world.clone(2, name: "two")
        try await life.receive(first, second)
        try await life.finish(first.id, second.id)

        #expect(world.last(of: first.id)?.state == .succeeded)
        #expect(world.last(of: second.id)?.state == .succeeded)
        #expect(world.states(of: first.id).contains(.staging))
        #expect(server.requests.count == 1)
    }

    @Test func anImageThatIsAnotherMakesNothing() async throws {
        let world = try await World(imageIsThere: false)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: world.directory.file("1.qcow2"))))
        bytes[70_000] ^= 1
        let server = try ScriptedHTTPServer { [bytes] _, exchange in exchange.respond(200, body: bytes) }
        let life = try await Life(world, source: .init(url: server.url, token: "t"))
        let job = try world.clone()
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .failed)
        #expect(world.last(of: job.id)?.reason == "image-wrong-digest")
        try await expectNothing(world, job.id)
    }

    @Test func anUnreachableControllerIsWaitedFor() async throws {
        let world = try await World(imageIsThere: false)
        let life = try await Life(world, source: .init(url: "http://127.0.0.1:1", token: "t"))
        let job = try world.clone()
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.last(of: job.id)?.reason == "network")
        try await life.receive()
        #expect(try await eventually { world.last(of: job.id)?.state == .withdrawn })
        try await life.stop()
        try await expectNothing(world, job.id)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var reason: String
        var fix: String
        var profile: Profile = Life.profile
        var missingProgram = ""
        var prepare: @Sendable (World) async throws -> Void = { _ in }
        var testDescription: String { reason }
    }

    static let refusals: [Refusal] = [
        Refusal(
            reason: "name-exists", fix: "choose another name",
            prepare: { world in
                let other = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
                _ = try await other.define(Self.foreignVM(name: "office"))
            }),
        Refusal(
            reason: "no-space", fix: "freeDiskMiB",
            profile: {
                var profile = Profile()
                profile.freeDiskMiB = 1 << 40
                return profile
            }()),
        Refusal(
            reason: "no-firmware", fix: "install ovmf",
            prepare: { world in
                try DurableFile.remove(world.directory.file("root/usr/share/OVMF/OVMF_VARS_4M.fd"))
            }),
        Refusal(reason: "no-swtpm", fix: "install swtpm", missingProgram: "swtpm"),
        Refusal(reason: "no-qemu", fix: "install qemu-system-x86", missingProgram: "qemu-system-x86_64"),
        Refusal(reason: "no-qemu-img", fix: "install qemu-utils", missingProgram: "qemu-img"),
        Refusal(reason: "no-bridge", fix: "make it", profile: on(.user, .bridge("br9"))),
        Refusal(reason: "no-interface", fix: "name a wired interface", profile: on(.macvtap("eth9"))),
        Refusal(
            reason: "no-interface", fix: "which is Wi-Fi", profile: on(.macvtap("wlan0")),
            prepare: { try makeInterface("wlan0/phy80211", in: $0) }),
        Refusal(reason: "no-network", fix: "virsh net-start plc", profile: on(.network("plc"))),
        Refusal(
            reason: "no-vlan", fix: "type vlan id 20", profile: on(.bridge("br0", vlan: 20)),
            prepare: { try makeInterface("br0/bridge", in: $0) }),
        Refusal(
            reason: "no-disk", fix: "connect it", profile: having(.init(device: "/dev/disk/by-id/vf-nothing"))),
        Refusal(reason: "no-disk", fix: "no block device", profile: having(.init(device: "/dev/null"))),
        Refusal(reason: "no-disk", fix: "make it", profile: having(.init(file: "/nowhere/archive.raw"))),
        Refusal(reason: "no-share", fix: "make it", profile: having(share: "/nowhere/projects")),
        Refusal(reason: "no-virtiofsd", fix: "install virtiofsd", profile: having(share: "/tmp")),
    ]

    private static func having(_ disk: Profile.HostDisk? = nil, share: String? = nil) -> Profile {
        var profile = Life.profile
        profile.hostDisks = [disk].compactMap(\.self)
        profile.shares = share.map { [Profile.Share(directory: $0, tag: "share")] } ?? []
        return profile
    }

    private static func on(_ networks: Profile.Network...) -> Profile {
        var profile = Life.profile
        profile.networks = networks
        return profile
    }

    private static func makeInterface(_ path: String, in world: World) throws {
        try DurableFile.makeDirectory(world.directory.file("root/sys/class/net/\(path)"), mode: 0o755)
    }

    @Test func whatIsOnNetworksThatAreThereIsMade() async throws {
        let world = try await World()
        for interface in ["br0/bridge", "eth0"] { try Self.makeInterface(interface, in: world) }
        let life = try await Life(
            world, profile: Self.on(.bridge("br0"), .macvtap("eth0"), .network("plc")),
            configure: { $0.setNetworks(["default", "plc"]) })
        let job = try world.clone()
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
    }

    @Test(arguments: refusals) func refusesBeforeAnythingIsTouched(_ refusal: Refusal) async throws {
        let world = try await World()
        try await refusal.prepare(world)
        let life = try await Life(
            world, profile: refusal.profile, programs: { $0 == refusal.missingProgram ? nil : "/usr/bin/\($0)" })
        let job = try world.clone()
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.states(of: job.id) == [.rejected])
        #expect(world.last(of: job.id)?.reason == refusal.reason)
        #expect(world.last(of: job.id)?.message?.contains(refusal.fix) == true)
        #expect(life.hypervisor.calls(of: .define) == 0)
        #expect(try world.files(of: job.id) == nil)
    }

    @Test func anUnknownProfileIsNamedWithTheKnownOnes() async throws {
        let world = try await World()
        let life = try await Life(world)
        let job = try world.job(
            1, .vmClone,
            CloneArguments(name: ResourceName("x")!, image: world.image, profile: ResourceName("large")!))
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.reason == "unknown-profile")
        #expect(world.last(of: job.id)?.message?.contains("it has: small") == true)
    }

    static func foreignVM(name: String, id: VMID = .random(), disk: String = "/nowhere/disk.qcow2") -> String {
        """
        <domain type='qemu'><name>\(name)</name><uuid>\(id)</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os>
        <devices><disk type='file' device='disk'><source file='\(disk)'/><target dev='sda' bus='scsi'/></disk></devices>
        </domain>
        """
    }
}

/// Exactly one VM, with all that belongs to it and nothing else.
func expectCompleteClone(
    _ world: World, _ job: JobID, running: Bool = true, isCopy: Bool = false, andAlso others: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    let domains = try await hypervisor.domains()
    #expect(domains.map(\.id) == [CloneIdentity(job: job).vm], sourceLocation: sourceLocation)
    #expect(domains.map(\.state) == [running ? .running : .shutoff], sourceLocation: sourceLocation)
    #expect(domains.first?.origin?.job == job, sourceLocation: sourceLocation)
    let files = (["disk.qcow2", "variables.fd"] + others).sorted()
    #expect(try world.files(of: job) == files, sourceLocation: sourceLocation)
    let disk = "\(world.vmDirectory)/\(job)/disk.qcow2"
    let check = try await Subprocess.run("qemu-img", ["check", "-U", disk])
    #expect(check.status == 0, "\(check.errorText)", sourceLocation: sourceLocation)
    let chain = try await DiskLayer.chain(of: disk).map(\.filename)
    #expect(chain == (isCopy ? [disk] : [disk, world.basePath]), sourceLocation: sourceLocation)
    let comparison = try await Subprocess.run("qemu-img", ["compare", "-U", disk, world.basePath])
    #expect(comparison.status == 0, "\(comparison.errorText)", sourceLocation: sourceLocation)
    for file in files {
        var information = stat()
        stat("\(world.vmDirectory)/\(job)/\(file)", &information)
        #expect(information.st_mode & 0o777 == 0o600, sourceLocation: sourceLocation)
    }
    #expect(try DurableFile.entries(of: world.vmDirectory) == [job.description], sourceLocation: sourceLocation)
}

/// No VM and no file, but for the base image.
func expectNothing(
    _ world: World, _ job: JobID, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    #expect(try await hypervisor.domains() == [], sourceLocation: sourceLocation)
    #expect(try world.files(of: job) == nil, sourceLocation: sourceLocation)
}
