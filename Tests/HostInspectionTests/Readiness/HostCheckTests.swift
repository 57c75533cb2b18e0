import FleetModel
import Testing

@testable import HostInspection

/// Memory, disks and network.
@Suite struct HostCheckTests {
    @Test func hugePagesAreTakenFromTheRest() async throws {
        func finding(gibibytes: UInt64, _ profiles: [ProfileNeeds] = []) async throws -> Finding {
            try await ReadinessFixture.finding(.hugePages) {
                $0.memory.totalBytes = 32 << 30
                $0.memory.hugePages = [.init(sizeBytes: 2 << 20, count: gibibytes << 9)]
                $0.profiles = profiles
            }
        }
        let office = try ReadinessFixture.profile("office", memory: 16)
        #expect(try await finding(gibibytes: 0, [office]).level == .ok)
        #expect(try await finding(gibibytes: 8, [office]).level == .notice)
        let crowded = try await finding(gibibytes: 12, [office])
        #expect(crowded.level == .warning && crowded.evidence.contains("office"))
        #expect(try await finding(gibibytes: 25).level == .warning)
        // Without huge pages it would not fit either: they are not to blame.
        #expect(try await finding(gibibytes: 4, [ReadinessFixture.profile("big", memory: 30)]).level == .notice)
        #expect(try await ReadinessFixture.level(.hugePages) { _ in } == .unknown)
    }

    @Test func hugePagesOfANodeAreMeasuredAgainstEachProfile() async throws {
        let profiles = [
            try ReadinessFixture.profile("office", memory: 8), try ReadinessFixture.profile("plc", memory: 12),
        ]
        let finding = try await ReadinessFixture.finding(.hugePages) {
            $0.memory.totalBytes = 64 << 30
            $0.memory.hugePages = [.init(sizeBytes: 1 << 30, count: 16)]
            $0.memory.nodes = [0, 1].map { .init(id: $0, hugePages: [.init(sizeBytes: 1 << 30, count: 8)]) }
            $0.profiles = profiles
        }
        #expect(finding.level == .notice)
        #expect(finding.evidence.contains("node 0: 8 GiB, node 1: 8 GiB"))
        #expect(finding.evidence.contains("plc") && !finding.evidence.contains("office"))
    }

    @Test func diskSpaceIsMeasuredAgainstProfiles() async throws {
        let office = try ReadinessFixture.profile("office", disk: 40)
        func finding(free: UInt64?, quotes: Bool = false) async throws -> Finding {
            try await ReadinessFixture.finding(.diskSpace) {
                $0.storage.images.mountPoint = "/srv"
                $0.storage.fileSystems = [
                    .init(
                        mountPoint: "/srv", type: "ext4", source: "/dev/sda1", options: [], devices: [],
                        capacityBytes: 1000 << 30, availableBytes: free)
                ]
                $0.profiles = [office]
                $0.quotesMomentary = quotes
            }
        }
        #expect(try await finding(free: 500 << 30).level == .ok)
        #expect(try await finding(free: 49 << 30).level == .warning)
        let full = try await finding(free: 39 << 30)
        #expect(full.level == .failure && full.evidence.contains("office") && full.fix != nil)
        #expect(try await finding(free: nil).level == .unknown)
        // What is published changes with the level only.
        #expect(try await finding(free: 500 << 30) == finding(free: 501 << 30))
        #expect(try await finding(free: 500 << 30, quotes: true).evidence.contains("500 GiB"))
    }

    @Test(arguments: [(true, .ok), (false, .notice), (nil, .unknown)] as [(Bool?, Finding.Level)])
    func reflink(seen: Bool?, level: Finding.Level) async throws {
        let finding = try await ReadinessFixture.finding(.reflink) {
            $0.storage.images.mountPoint = "/"
            $0.storage.fileSystems = [
                .init(mountPoint: "/", type: "xfs", source: "/dev/sda1", options: [], devices: [], reflink: seen)
            ]
        }
        #expect(finding.level == level)
    }

    @Test func aBridgeIsAskedForByProfiles() async throws {
        let profile = try ReadinessFixture.profile("plc", bridge: "br-plc")
        func finding(_ interfaces: [NetworkDocument.Interface], _ profiles: [ProfileNeeds]) async throws -> Finding {
            try await ReadinessFixture.finding(.bridge) {
                $0.network.interfaces = interfaces
                $0.profiles = profiles
            }
        }
        let wifi = NetworkDocument.Interface(name: "wlp2s0", kind: .wifi, isPhysical: true)
        let bridge = NetworkDocument.Interface(name: "br-plc", kind: .bridge, isPhysical: false)
        let card = NetworkDocument.Interface(name: "enp3s0", kind: .ethernet, isPhysical: true, master: "br-plc")
        let tap = NetworkDocument.Interface(name: "vnet0", kind: .tap, isPhysical: false, master: "br-plc")

        #expect(try await finding([], [profile]).level == .unknown)
        #expect(try await finding([wifi], []).level == .ok)
        let missing = try await finding([wifi], [profile])
        #expect(missing.level == .failure && missing.evidence.contains("br-plc") && missing.evidence.contains("plc"))
        #expect(missing.fix?.contains("Wi-Fi card cannot") == true)
        let fake = NetworkDocument.Interface(name: "br-plc", kind: .ethernet, isPhysical: true)
        #expect(try await finding([fake], [profile]).level == .failure)
        #expect(try await finding([bridge], [profile]).level == .notice)
        let whole = try await finding([bridge, card], [profile])
        #expect(whole.level == .ok)
        // A VM that starts is no news.
        #expect(try await finding([bridge, card, tap], [profile]) == whole)
        #expect(try await finding([bridge, tap], [profile]).level == .notice)
    }

    @Test func heatIsToldByTheSensorsOwnLimit() async throws {
        func finding(
            _ value: Double, critical: Double?, slowed: UInt64 = 0, quotes: Bool = false
        ) async throws -> Finding {
            try await ReadinessFixture.finding(.thermals) {
                $0.laptop.temperatures = [.init(sensor: "coretemp", value: value, critical: critical)]
                $0.laptop.throttling = .init(core: slowed)
                $0.quotesMomentary = quotes
            }
        }
        #expect(try await finding(70, critical: 100).level == .ok)
        #expect(try await finding(96, critical: 100).level == .warning)
        #expect(try await finding(96, critical: nil).level == .warning)
        #expect(try await finding(96, critical: 110).level == .ok)
        #expect(try await finding(1e300, critical: 100).level == .ok, "a sensor that reads nonsense")
        #expect(try await finding(50, critical: 100, slowed: 7).level == .notice)
        #expect(try await finding(50, critical: 100, slowed: 7) == finding(51, critical: 100, slowed: 8))
        #expect(try await finding(96, critical: 100) == finding(99, critical: 100))
        #expect(try await finding(96, critical: 100, quotes: true).evidence.contains("96 °C"))
        #expect(try await ReadinessFixture.level(.thermals) { _ in } == .unknown)
    }
}
