import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import HostInspection

@Suite struct InspectionDiffTests {
    private let base: Inspection

    init() async throws {
        let machine = try FixtureMachine([:])
        var inspection = await HostInspector().inspect(machine.subject)
        inspection.software.kernel = "6.1.0-18"
        inspection.cpu.model = "i7"
        inspection.cpu.virtualisation = "vmx"
        inspection.memory.totalBytes = 16 << 30
        inspection.iommu.status = .enabled
        inspection.network.defaultRoutes = ["enp1s0"]
        inspection.readiness.findings = [
            Finding(check: "iommu", level: .ok, evidence: "It is on.", reason: "", documentation: "")
        ]
        inspection.pci = [
            Self.device("0000:01:00.0", "10de:1c82", path: "0000:00/01.0/00.0", group: 13, driver: "nouveau"),
            Self.device("0000:01:00.1", "10de:0fb9", path: "0000:00/01.0/00.1", group: 13, driver: "snd_hda_intel"),
            Self.device("0000:02:00.0", "8086:1533", path: "0000:00/02.0/00.0", group: 14, driver: "igb"),
        ]
        base = inspection
    }

    private static func device(
        _ address: String, _ ids: String, path: String, group: Int, driver: String? = nil
    ) -> PCIDevice {
        PCIDevice(
            address: PCIAddress(address)!, vendor: String(ids.prefix(4)), device: String(ids.suffix(4)), driver: driver,
            iommuGroup: group, portPath: path, passthrough: .init(verdict: .pass, reason: ""))
    }

    /// What is said when `base` has become something else.
    private func said(_ change: (inout Inspection) -> Void) -> [String] {
        var now = base
        change(&now)
        return InspectionDiff(from: KnownHost(base), to: now).changes.map { "\($0.what): \($0.message)" }
    }

    @Test func theFirstLookIsTheBaseline() {
        let diff = InspectionDiff(from: nil, to: base)
        #expect(diff.changes.isEmpty && diff.known == KnownHost(base))
        #expect(said { _ in } == [])
    }

    @Test func aKernelThatMergedTwoGroups() {
        let merged = said {
            $0.software.kernel = "6.1.0-22"
            $0.pci[2].iommuGroup = 13
        }
        #expect(
            merged == [
                "iommu: kernel 6.1.0-18 -> 6.1.0-22: IOMMU groups 13 and 14 are one group now (group 13)"
            ])
        #expect(said { $0.software.kernel = "6.1.0-22" } == ["kernel: kernel 6.1.0-18 -> 6.1.0-22"])
    }

    @Test func groupsThatWereDividedOrDrawnAnew() {
        #expect(said { $0.pci[1].iommuGroup = 15 } == ["iommu: IOMMU group 13 is divided now into groups 13 and 15"])
        let anew = said {
            $0.pci[1].iommuGroup = 20
            $0.pci[2].iommuGroup = 20
        }
        #expect(anew == ["iommu: IOMMU groups 13 and 14 are drawn anew, as groups 13 and 20"])
    }

    @Test func movedNumbersAreNoNews() {
        let renumbered = said { inspection in
            for index in inspection.pci.indices {
                inspection.pci[index].iommuGroup = (inspection.pci[index].iommuGroup ?? 0) + 3
            }
            inspection.pci[2].address = PCIAddress("0000:07:00.0")!
        }
        #expect(renumbered == [])
    }

    @Test func devicesComeGoAndMove() {
        #expect(said { $0.pci.removeLast() } == ["device: 0000:02:00.0 8086:1533 is gone"])
        let other = Self.device("0000:03:00.0", "144d:a808", path: "0000:00/03.0/00.0", group: 15)
        #expect(said { $0.pci.append(other) } == ["device: 0000:03:00.0 144d:a808 is new"])
        let moved = said {
            $0.pci[2].portPath = "0000:00/05.0/00.0"
            $0.pci[2].address = PCIAddress("0000:05:00.0")!
        }
        #expect(moved == ["device: 8086:1533 is in another slot: 0000:02:00.0 -> 0000:05:00.0"])
        let dock = said { inspection in
            inspection.pci += (0..<5).map { index in
                Self.device("0000:2\(index):00.0", "1b21:000\(index)", path: "dock/\(index)", group: 20 + index)
            }
        }
        #expect(dock.count == 1 && dock[0].hasPrefix("device: 5 devices are new: 0000:20:00.0 1b21:0000, "))
        #expect(said { $0.pci = [] } == [], "what cannot be seen is not gone")
    }

    @Test func driversChangeExceptForTheirVMs() {
        #expect(
            said { $0.pci[0].driver = "vfio-pci" } == ["driver: driver of 0000:01:00.0 10de:1c82: nouveau -> vfio-pci"])
        #expect(said { $0.pci[2].driver = nil } == ["driver: driver of 0000:02:00.0 8086:1533: igb -> none"])
        let assigned = said {
            $0.pci[0].driver = "vfio-pci"
            $0.pci[0].hostUses = [.init(purpose: .vm, detail: "VM office has it.")]
        }
        #expect(assigned == [])
    }

    @Test func virtualFunctionsAreCounted() {
        var before = base
        before.pci[2].sriov = .init(total: 7, current: 0)
        var now = before
        now.pci[2].sriov?.current = 2
        var function = Self.device("0000:02:10.0", "8086:1520", path: "0000:00/02.0/10.0", group: 30)
        function.physicalFunction = now.pci[2].address
        now.pci.append(function)
        #expect(
            InspectionDiff(from: KnownHost(before), to: now).changes.map(\.message) == [
                "virtual functions of 0000:02:00.0 8086:1533: 0 -> 2"
            ])
    }

    @Test func switchesOfTheFirmware() {
        let off = said {
            $0.cpu.virtualisation = nil
            $0.iommu.status = .offInFirmware
            $0.iommu.reason = "There is no DMAR table."
        }
        #expect(
            off == [
                "firmware: virtualisation by the processor (VT-x, AMD-V) vmx -> none",
                "iommu: IOMMU enabled -> off-in-firmware: There is no DMAR table.",
            ])
        var before = base
        before.software.boot.secureBoot = true
        before.iommu.interruptRemapping = true
        var now = before
        now.software.boot.secureBoot = false
        now.iommu.interruptRemapping = false
        #expect(
            InspectionDiff(from: KnownHost(before), to: now).changes.map(\.message) == [
                "Secure Boot on -> off", "interrupt remapping on -> off",
            ])
    }

    @Test func memoryModulesAndNotWhatAKernelKeeps() {
        #expect(said { $0.memory.totalBytes = 32 << 30 } == ["memory: memory 16.0 GiB -> 32.0 GiB"])
        #expect(said { $0.memory.totalBytes = 16 << 30 - 20 << 20 } == [])
    }

    @Test func theWayOutAndTheChecks() {
        #expect(
            said { $0.network.defaultRoutes = ["wlp2s0"] } == [
                "network: the default route's interface enp1s0 -> wlp2s0"
            ])
        let failed = said {
            $0.readiness.findings[0].level = .failure
            $0.readiness.findings[0].evidence = "It is off."
        }
        #expect(failed == ["readiness: check iommu ok -> failure: It is off."])
    }

    @Test func whatIsUnknownNowIsRememberedAsItWas() throws {
        let blind = try blindLook(at: base)
        let diff = InspectionDiff(from: KnownHost(base), to: blind)
        #expect(diff.changes == [] && diff.known == KnownHost(base))
        let again = InspectionDiff(from: diff.known, to: base)
        #expect(again.changes == [] && again.known == KnownHost(base))
    }

    /// A look that could see nothing.
    private func blindLook(at inspection: Inspection) throws -> Inspection {
        var blind = inspection
        blind.software.kernel = nil
        blind.cpu = try FixtureMachine([:]).cpu
        blind.memory.totalBytes = nil
        blind.iommu.status = .unknown
        blind.network.defaultRoutes = []
        blind.readiness.findings[0].level = .unknown
        blind.pci = []
        return blind
    }

    @Test func itIsRememberedAsJSONThatMayLackMembers() throws {
        let known = KnownHost(base)
        #expect(try FleetJSON.decode(KnownHost.self, from: FleetJSON.encode(known)) == known)
        let empty = try FleetJSON.decode(KnownHost.self, from: Data("{\"future\": 1}".utf8))
        #expect(InspectionDiff(from: empty, to: base).changes == [])
    }
}
