import FleetModel
import Testing

@testable import HostInspection

@Suite struct GraphicsInspectorTests {
    private func options(
        _ devices: [PCIDevice], _ files: [String: String] = [:], iommu: IOMMUDocument = .on
    ) throws -> [GraphicsOption] {
        let machine = try FixtureMachine(files)
        defer { withExtendedLifetime(machine) {} }
        var devices = devices
        PassthroughJudge(iommu: iommu).judge(&devices)
        let root = machine.subject.root
        return GraphicsInspector(root, kernel: RunningKernel(root)).inspect(devices, iommu: iommu)
    }

    private func intel(_ id: String, driver: String = "i915", _ more: (inout PCIDevice) -> Void = { _ in }) throws
        -> PCIDevice
    {
        try device("00:02.0", "0300", group: 1, ids: "8086:" + id, driver: driver) {
            $0.gpu?.connectors = [.init(name: "eDP-1")]
            more(&$0)
        }
    }

    @Test func theBestForTheGuestComesFirst() throws {
        let card = try intel("46a6") { $0.sriov = .init(total: 7, current: 0) }
        let mediated = try device("01:00.0", "0302", group: 2) {
            $0.mediatedTypes = [.init(id: "nvidia-1", available: 2)]
        }
        let options = try options([card, mediated])
        #expect(
            options.map(\.kind) == [.passthrough, .passthrough, .virtualFunction, .mediated, .virtioVirGL, .virtio])
        #expect(options.allSatisfy { $0.available && !$0.reason.isEmpty })
    }

    @Test func aMachineWithoutCardsStillHasVirtio() throws {
        let options = try options([])
        #expect(options.map(\.kind) == [.virtioVirGL, .virtio] && options.map(\.available) == [false, true])
    }

    @Test func virGLGivesWindowsNo3DAndThatIsSaid() throws {
        let virGL = try #require(try options([intel("9bc8")]).first { $0.kind == .virtioVirGL })
        #expect(virGL.available && virGL.reason.contains("Windows guest gets no 3D"))
    }

    @Test(arguments: ["1616", "1912", "5917", "3e9b", "9bc8"])
    func graphicsWithGVTSayWhatIsMissing(id: String) throws {
        let kernel = ["/proc/sys/kernel/osrelease": "6.1.0-18-amd64"]
        let option = try #require(try options([intel(id)], kernel).first { $0.kind == .mediated })
        #expect(!option.available && option.reason.contains("kvmgt is not loaded"))
        let loaded = try #require(
            try options([intel(id)], ["/sys/module/kvmgt/refcnt": "0"]).first { $0.kind == .mediated })
        #expect(!loaded.reason.contains("not loaded"))
        let without = kernel.merging(["/boot/config-6.1.0-18-amd64": "# CONFIG_DRM_I915_GVT_KVMGT is not set\n"]) { $1 }
        #expect(
            try options([intel(id)], without).contains { $0.fix == "Boot a kernel with CONFIG_DRM_I915_GVT_KVMGT." })
    }

    @Test func newerGraphicsNeedXeForVirtualFunctions() throws {
        let option = try #require(try options([intel("a7a0")]).first { $0.kind == .virtualFunction })
        #expect(
            !option.available && option.reason.contains("Raptor Lake")
                && option.fix?.contains("xe on Linux 6.18") == true)
        #expect(!(try options([intel("8a52")]).contains { [.virtualFunction, .mediated].contains($0.kind) }))
    }

    @Test func whatIsPublishedCountsAndNotTheGeneration() throws {
        let taken = try intel("5917") { $0.mediatedTypes = [.init(id: "i915-GVTg_V5_8", available: 0)] }
        #expect(try options([taken]).first { $0.kind == .mediated }?.available == false)
        let vgpu = try device("01:00.0", "0302", group: 2) {
            $0.virtualGPU = .init(creatableTypes: [.init(id: "558", name: "NVIDIA A16-2Q")])
        }
        let option = try options([vgpu]).first { $0.kind == .mediated }
        #expect(option?.available == true && option?.reason.contains("NVIDIA A16-2Q") == true)
    }

    @Test func withoutAnIOMMUVirtualFunctionsAreOfNoUse() throws {
        var off = IOMMUDocument.on
        off.status = .offInFirmware
        off.fix = "Enable it."
        let options = try options([intel("46a6") { $0.sriov = .init(total: 7, current: 0) }], iommu: off)
        #expect(options.first { $0.kind == .virtualFunction }?.fix == "Enable it.")
    }

    @Test func rolesFollowWhatTheHostShows() throws {
        func roles(_ devices: [PCIDevice]) -> [GPU.Role?] {
            var devices = devices
            GPURoles.assign(to: &devices)
            return devices.map { $0.gpu?.role }
        }
        let plain = try device("01:00.0", "0300")
        #expect(roles([plain]) == [.hostDisplay], "the only one")
        #expect(roles([plain, try device("02:00.0", "0300") { $0.bootVGA = true }]) == [.candidate, .hostDisplay])
        #expect(
            roles([plain, try device("02:00.0", "0300") { $0.bootFramebuffer = true }]) == [.candidate, .hostDisplay])
        #expect(roles([plain, try device("02:00.0", "0302")]) == [.candidate, .renderOnly])
        #expect(
            roles([plain, try device("02:00.0", "0300") { $0.gpu?.connectors = [] }]) == [.candidate, .renderOnly])
        #expect(roles([plain, try device("02:00.0", "0200")]) == [.hostDisplay, nil])
    }
}
