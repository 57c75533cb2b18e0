import FleetModel
import Testing

@testable import HostInspection

/// What is installed and how it is set up.
@Suite struct SoftwareCheckTests {
    @Test(
        arguments: [
            (nil, nil, .unknown, nil), (.missing, .missing, .warning, nil),
            (.available, .missing, .ok, "leave that name out"),
            (.loaded, nil, .ok, "leave that name out"), (.builtIn, .available, .ok, "name it in the initramfs"),
        ] as [(KernelModule.State?, KernelModule.State?, Finding.Level, String?)])
    func vfioIsJudgedByWhatTheKernelHas(
        vfio: KernelModule.State?, virqfd: KernelModule.State?, level: Finding.Level, text: String?
    ) async throws {
        let finding = try await ReadinessFixture.finding(.vfioModules) {
            // Both say the same of themselves: the version decides nothing.
            $0.software.kernel = "6.1.0-22-amd64"
            $0.software.modules = [("vfio_pci", vfio), ("vfio_virqfd", virqfd)].compactMap { name, state in
                state.map { KernelModule(name: name, state: $0) }
            }
        }
        #expect(finding.level == level)
        #expect(text.map { finding.evidence.contains($0) } != false, "\(finding)")
    }

    @Test func lockedMemoryMattersToUserSessionsOnly() async throws {
        func finding(uri: String?, hard: UInt64?, _ profiles: [ProfileNeeds] = []) async throws -> Finding {
            try await ReadinessFixture.finding(.memoryLocking) {
                $0.software.hypervisor = uri.map { .init(uri: $0, libvirtVersion: "9.0.0", version: "7.2.0") }
                $0.memory.lockLimit = .init(hardBytes: hard)
                $0.profiles = profiles
            }
        }
        let office = try ReadinessFixture.profile("office")
        #expect(try await finding(uri: nil, hard: 8 << 20).level == .unknown)
        let system = try await finding(uri: "qemu:///system", hard: 8 << 20, [office])
        #expect(system.level == .ok && system.evidence.contains("leave hard_limit out"))
        let session = try await finding(uri: "qemu:///session", hard: 8 << 20, [office])
        #expect(session.level == .notice && session.fix?.contains("limits.d") == true)
        #expect(try await finding(uri: "qemu:///session", hard: nil, [office]).level == .ok, "no limit")
        #expect(try await finding(uri: "qemu:///session", hard: 9 << 30, [office]).level == .ok)
        #expect(
            try await ReadinessFixture.level(.memoryLocking) {
                $0.software.hypervisor = .init(uri: "qemu:///session", libvirtVersion: "9.0.0", version: "7.2.0")
                $0.memory.lockLimit = nil
            } == .unknown)
    }

    @Test func theTPMIsAskedForByProfiles() async throws {
        func finding(
            installed: Bool, showsPrograms: Bool = true, _ profiles: [ProfileNeeds] = []
        ) async throws -> Finding {
            try await ReadinessFixture.finding(.tpm) {
                $0.software.components.swtpm = installed ? .init(source: "/usr/bin/swtpm") : nil
                $0.showsPrograms = showsPrograms
                $0.profiles = profiles
            }
        }
        let windows = try ReadinessFixture.profile("windows", tpm: true)
        #expect(try await finding(installed: true, [windows]).level == .ok)
        let missing = try await finding(installed: false, [windows])
        #expect(missing.level == .failure && missing.evidence.contains("windows"))
        #expect(missing.fix?.contains("swtpm-tools") == true)
        #expect(try await finding(installed: false, [ReadinessFixture.profile("linux")]).level == .notice)
        #expect(try await finding(installed: false, showsPrograms: false, [windows]).level == .unknown)
    }

    @Test func secureBootNeedsFirmwareWithMicrosoftsKeys() async throws {
        func finding(
            _ firmware: [GuestFirmware], showsPrograms: Bool = true, _ profiles: [ProfileNeeds] = []
        ) async throws -> Finding {
            try await ReadinessFixture.finding(.secureBootFirmware) {
                $0.software.firmware = firmware
                $0.showsPrograms = showsPrograms
                $0.profiles = profiles
            }
        }
        let plain = GuestFirmware(
            code: "/plain.fd", variables: "/vars.fd", secureBoot: false, enrolledKeys: false, present: true)
        var secure = plain
        (secure.code, secure.secureBoot, secure.enrolledKeys) = ("/ms.fd", true, true)
        var bare = secure
        bare.enrolledKeys = false
        var absent = secure
        absent.present = false
        let windows = try ReadinessFixture.profile("windows", secureBoot: true)
        var own = windows
        own.ownFirmware = true

        #expect(try await finding([plain, secure], [windows]).level == .ok)
        #expect(try await finding([plain, bare, absent], [windows]).level == .failure)
        #expect(try await finding([plain], [windows]).evidence.contains("windows"))
        #expect(try await finding([plain], [own]).level == .notice)
        #expect(try await finding([]).level == .failure)
        #expect(try await finding([absent], showsPrograms: false).level == .unknown)
    }

    @Test(
        arguments: [
            (nil, nil, nil, nil, .unknown, nil), (.apparmor, .enforcing, nil, true, .ok, nil),
            (.selinux, .enforcing, nil, true, .ok, nil), (.nothing, nil, nil, false, .notice, nil),
            (.selinux, .permissive, nil, false, .warning, "setenforce"),
            (.selinux, .enforcing, "none", false, .warning, "security_driver"),
            (.apparmor, .enforcing, nil, false, .warning, "libvirt-daemon-system"),
        ] as [(QEMUProtection.Driver?, QEMUProtection.Mode?, String?, Bool?, Finding.Level, String?)])
    func whatConfinesQEMU(
        driver: QEMUProtection.Driver?, mode: QEMUProtection.Mode?, configured: String?, confines: Bool?,
        level: Finding.Level, fix: String?
    ) async throws {
        let finding = try await ReadinessFixture.finding(.qemuProtection) {
            $0.software.protection = QEMUProtection(
                driver: driver, mode: mode, configuredDriver: configured, confines: confines)
        }
        #expect(finding.level == level)
        #expect(fix.map { finding.fix?.contains($0) == true } ?? (finding.fix == nil), "\(finding)")
    }

    @Test(
        arguments: [
            (nil, false, .unknown), ("tsc", false, .ok), ("hpet", false, .warning), ("acpi_pm", false, .warning),
            ("kvm-clock", true, .ok),
        ] as [(String?, Bool, Finding.Level)])
    func idleVMsCostWhatTheClockCosts(source: String?, isGuest: Bool, level: Finding.Level) async throws {
        let finding = try await ReadinessFixture.finding(.idleVMTimers) {
            $0.software.clock.source = source
            $0.cpu.isGuest = isGuest
        }
        #expect(finding.level == level)
    }

    @Test func everyWindowsVMThatCannotRestIsNamed() async throws {
        let facts = try await ReadinessFixture.facts {
            $0.software.clock.source = "tsc"
            $0.restlessVMs = ["office", "plc"]
        }
        let findings = Check.idleVMTimers.findings(in: facts)
        #expect(findings.map(\.level) == [.ok, .warning, .warning])
        #expect(findings[2].evidence.contains("plc") && findings[2].fix?.contains("virsh edit plc") == true)
    }

    @Test(
        arguments: [
            (true, "chrony", .ok), (true, nil, .ok), (false, "chrony", .warning), (false, nil, .warning),
            (nil, "chrony", .unknown), (nil, nil, .unknown),
        ] as [(Bool?, String?, Finding.Level)])
    func theClockIsKept(synchronised: Bool?, service: String?, level: Finding.Level) async throws {
        let finding = try await ReadinessFixture.finding(.clockSynchronisation) {
            $0.software.clock.synchronised = synchronised
            $0.software.clock.service = service
        }
        #expect(finding.level == level)
        #expect((finding.fix != nil) == (level == .warning))
    }
}
