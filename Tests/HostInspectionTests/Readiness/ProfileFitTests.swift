import FleetModel
import Testing

@testable import HostInspection

@Suite struct ProfileFitTests {
    private func fit(
        _ profile: ProfileNeeds, _ change: (inout ReadinessFacts) -> Void = { _ in }
    ) async throws -> ProfileFit {
        var facts = ReadinessFacts(try await FullInspection.make())
        change(&facts)
        return ProfileFit(of: profile, in: facts)
    }

    private func plc() throws -> ProfileNeeds {
        try ReadinessFixture.profile("plc", secureBoot: true, tpm: true, bridge: "br-plc")
    }

    @Test func aMachineThatHasEverythingFits() async throws {
        let fit = try await fit(plc())
        #expect(fit.answer == .fits && fit.obstacles.isEmpty && fit.nearestFix == nil, "\(fit)")
    }

    struct Shortage: Sendable {
        let section: String
        let reason: String
        let fix: String
        let make: @Sendable (inout ReadinessFacts) -> Void
    }

    private static let shortages = [
        Shortage(section: "which-profiles-fit", reason: "QEMU", fix: "qemu-system-x86") {
            $0.software.components.qemu = nil
        },
        Shortage(section: "which-profiles-fit", reason: "libvirt", fix: "libvirt-daemon-kvm") {
            $0.software.components.libvirt = nil
        },
        Shortage(section: "tpm", reason: "swtpm", fix: "swtpm-tools") { $0.software.components.swtpm = nil },
        Shortage(section: "secure-boot-firmware", reason: "Secure Boot", fix: "edk2-ovmf") {
            $0.software.firmware.removeFirst()
        },
        Shortage(section: "bridge", reason: "br-plc", fix: "Make bridge br-plc") {
            $0.network.interfaces.removeFirst()
        },
        Shortage(section: "which-profiles-fit", reason: "8 GiB of memory", fix: "at most 4096 MiB (memoryMiB)") {
            $0.memory.totalBytes = 8 << 30
        },
        Shortage(section: "which-profiles-fit", reason: "huge pages", fix: "Set fewer huge pages aside") {
            $0.memory.hugePages = [.init(sizeBytes: 1 << 30, count: 48)]
        },
        Shortage(section: "which-profiles-fit", reason: "4 virtual processors", fix: "at most 2") {
            $0.cpu.threads = 2
        },
        Shortage(section: "disk-space", reason: "20 GiB", fix: "images directory") {
            $0.storage.fileSystems[0].availableBytes = 1 << 30
        },
        Shortage(section: "kvm", reason: "/dev/kvm", fix: "group kvm") { $0.cpu.kvm = .denied },
        Shortage(section: "kvm", reason: "/dev/kvm", fix: "modprobe kvm_intel") { $0.cpu.kvm = .missing },
    ]

    @Test(arguments: shortages) func oneThingMissingIsNamedWithItsFix(shortage: Shortage) async throws {
        let result = try await fit(plc(), shortage.make)
        #expect(result.answer == .doesNotFit && result.obstacles.count == 1, "\(result)")
        let obstacle = try #require(result.obstacles.first)
        #expect(obstacle.documentation == "docs/readiness.md#\(shortage.section)")
        #expect(obstacle.reason.contains(shortage.reason), "\(result)")
        #expect(result.nearestFix == obstacle.fix && obstacle.fix?.contains(shortage.fix) == true, "\(result)")
    }

    /// One profile that asks for what only some do.
    @Test(arguments: [
        Shortage(section: "which-profiles-fit", reason: "virtiofsd", fix: "Install virtiofsd") {
            $0.software.components.helpers?.virtiofsd = nil
        },
        Shortage(section: "which-profiles-fit", reason: "seed disc", fix: "Install xorriso") {
            $0.software.components.helpers?.xorriso = nil
        },
        Shortage(
            section: "which-profiles-fit", reason: "lab, which is not active here (active: default)",
            fix: "net-start lab"
        ) {
            $0.software.hypervisor?.networks = ["default"]
        },
        Shortage(
            section: "which-profiles-fit", reason: "VLAN 7 of bridge br-plc, which libvirt 10.10.0", fix: "to 11.0"
        ) {
            $0.software.components.libvirt?.version = "10.10.0"
        },
    ])
    func whatOnlySomeProfilesAskForIsNamedWithItsFix(shortage: Shortage) async throws {
        var profile = try ReadinessFixture.profile("desk", bridge: "br-plc")
        (profile.shares, profile.seed, profile.networks) = (true, true, ["default", "lab"])
        profile.vlans = [.init(bridge: "br-plc", id: 7)]
        func judged(_ change: @Sendable (inout ReadinessFacts) -> Void) async throws -> ProfileFit {
            try await fit(profile) {
                $0.software.components.libvirt?.version = "11.0.0"
                $0.software.components.helpers = .init(
                    virtiofsd: .init(source: "a file"), xorriso: .init(source: "a file"))
                $0.software.hypervisor = .init(
                    uri: "qemu:///system", libvirtVersion: "11.0.0", version: "10.0.0", networks: ["default", "lab"])
                change(&$0)
            }
        }
        #expect(try await judged { _ in }.answer == .fits)
        let result = try await judged(shortage.make)
        #expect(result.answer == .doesNotFit && result.obstacles.count == 1, "\(result)")
        #expect(result.obstacles.first?.reason.contains(shortage.reason) == true, "\(result)")
        #expect(result.nearestFix?.contains(shortage.fix) == true, "\(result)")
        let unseen = try await judged {
            $0.software.components.helpers = nil
            $0.software.hypervisor = nil
            $0.software.components.libvirt?.version = nil
        }
        #expect(unseen.answer == .unknown && unseen.obstacles.map(\.unseen) == [true, true, true, true], "\(unseen)")
    }

    @Test func aMacvtapWantsAWiredInterface() async throws {
        let profile = try ReadinessFixture.profile("wired", interface: "enp9s0")
        let absent = try await fit(profile)
        #expect(absent.answer == .doesNotFit && absent.nearestFix?.contains("wired interface") == true, "\(absent)")
        let wifi = try await fit(profile) {
            $0.network.interfaces = [.init(name: "enp9s0", kind: .wifi, isPhysical: true)]
        }
        #expect(wifi.obstacles.first?.reason.contains("wireless") == true, "\(wifi)")
        let wired = try await fit(profile) {
            $0.network.interfaces = [.init(name: "enp9s0", kind: .ethernet, isPhysical: true)]
        }
        #expect(wired.answer == .fits, "\(wired)")
        let unseen = try await fit(profile) { $0.network.interfaces = [] }
        #expect(unseen.answer == .unknown, "\(unseen)")
    }

    @Test func theQuickestToMendComesFirstAndWhatIsUnseenLast() async throws {
        let result = try await fit(plc()) {
            $0.cpu.threads = 2
            $0.cpu.kvm = nil
            $0.network.interfaces.removeFirst()
        }
        #expect(result.answer == .doesNotFit)
        #expect(result.obstacles.map(\.unseen) == [false, false, true])
        #expect(result.nearestFix == result.obstacles.first?.fix && result.nearestFix?.contains("bridge") == true)
    }

    @Test func whatIsNotSeenIsNoRefusal() async throws {
        let result = try await fit(plc()) { $0.cpu.threads = nil }
        #expect(result.answer == .unknown && result.obstacles.map(\.unseen) == [true])
    }

    @Test func nothingIsAskedForThatTheProfileDoesNotWant() async throws {
        let plain = try ReadinessFixture.profile("plain")
        let result = try await fit(plain) { $0.network.interfaces.removeFirst() }
        #expect(result.answer == .fits, "\(result)")
    }

    @Test func profilesAreJudgedByName() async throws {
        var facts = ReadinessFacts(try await FullInspection.make())
        facts.profiles = [try ReadinessFixture.profile("b"), try ReadinessFixture.profile("a", vcpus: 99)]
        let profiles = ReadinessDocument(of: facts).profiles
        #expect(profiles.map(\.profile.description) == ["a", "b"])
        #expect(profiles.map(\.answer) == [.doesNotFit, .fits])
    }
}
