import FleetModel
import Testing

@testable import HostInspection

@Suite struct ProcessorCheckTests {
    @Test(
        arguments: [
            (nil, .unknown), ("6.1.0-22-amd64", .ok), ("5.15.0-91-generic", .ok),
            ("5.14.21-150500.55-default", .warning),
            ("4.18.0-513.el8.x86_64", .warning), ("6.18", .ok), ("odd", .unknown), ("6.x", .unknown),
        ] as [(String?, Finding.Level)])
    func kernelVersion(release: String?, level: Finding.Level) async throws {
        let finding = try await ReadinessFixture.finding(.kernelVersion) { $0.software.kernel = release }
        #expect(finding.level == level)
        #expect((finding.fix != nil) == (level == .warning))
    }

    @Test(
        arguments: [
            (.works, .ok, nil), (nil, .unknown, nil), (.missing, .failure, "modprobe kvm_intel"),
            (.denied, .failure, "group kvm"), (.broken, .failure, "kernel's log"),
        ] as [(KVMState?, Finding.Level, String?)])
    func kvm(state: KVMState?, level: Finding.Level, fix: String?) async throws {
        let finding = try await ReadinessFixture.finding(.kvm) {
            $0.cpu.kvm = state
            $0.cpu.virtualisation = "vmx"
        }
        #expect(finding.level == level)
        #expect(fix.map { finding.fix?.contains($0) == true } ?? (finding.fix == nil), "\(finding)")
    }

    @Test func whereKVMIsMissingTheProcessorSaysWhichModule() async throws {
        let amd = try await ReadinessFixture.finding(.kvm) {
            $0.cpu.kvm = .missing
            $0.cpu.virtualisation = "svm"
        }
        #expect(amd.fix?.contains("modprobe kvm_amd") == true)
        let off = try await ReadinessFixture.finding(.kvm) { $0.cpu.kvm = .missing }
        #expect(off.fix?.contains("firmware") == true)
    }

    @Test func aKVMThatHangsInAVMIsTheOuterHostsMatter() async throws {
        let finding = try await ReadinessFixture.finding(.kvm) {
            $0.cpu.kvm = .broken
            $0.cpu.isGuest = true
        }
        #expect(finding.fix?.contains("nested virtualisation") == true)
    }

    @Test func onlyKVMProvesThatTheFirmwareLetsItRun() async throws {
        #expect(try await ReadinessFixture.level(.firmwareVirtualisation) { $0.cpu.kvm = .works } == .ok)
        let flagsAlone = try await ReadinessFixture.finding(.firmwareVirtualisation) {
            $0.cpu.model = "Some processor"
            $0.cpu.virtualisation = "svm"
        }
        #expect(flagsAlone.level == .unknown)
        let logged = try await ReadinessFixture.finding(.firmwareVirtualisation) {
            $0.cpu.virtualisation = "svm"
            $0.kernelLog = KernelLog(messages: [.init(text: "kvm: disabled by bios")])
        }
        #expect(logged.level == .failure && logged.fix?.contains("SVM") == true)
    }

    @Test func aProcessorWithoutVirtualisationIsAFailureAndAnUnseenOneIsNot() async throws {
        #expect(try await ReadinessFixture.level(.firmwareVirtualisation) { _ in } == .unknown)
        let bare = try await ReadinessFixture.finding(.firmwareVirtualisation) { $0.cpu.vendor = "GenuineIntel" }
        #expect(bare.level == .failure && bare.fix?.contains("firmware setup") == true)
        let guest = try await ReadinessFixture.finding(.firmwareVirtualisation) {
            $0.cpu.vendor = "GenuineIntel"
            $0.cpu.isGuest = true
        }
        #expect(guest.level == .failure && guest.fix?.contains("nested") == true)
    }

    @Test(arguments: [(true, .ok), (false, .warning), (nil, .unknown)] as [(Bool?, Finding.Level)])
    func nestedPaging(seen: Bool?, level: Finding.Level) async throws {
        #expect(try await ReadinessFixture.level(.nestedPaging) { $0.cpu.nestedPaging = seen } == level)
    }
}
