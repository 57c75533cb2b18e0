import FleetModel
import Testing

@testable import HostInspection

@Suite struct PassthroughWarningTests {
    private func warnings(_ place: String, _ devices: [PCIDevice], _ iommu: IOMMUDocument = .on) -> String {
        devices.judged(iommu)[place]?.passthrough.warnings.joined(separator: "\n") ?? "no such device"
    }

    @Test func theOnlyGraphicsCardNeedsConsent() throws {
        let one = try device("00:02.0", "0300", group: 1)
        #expect(warnings("00:02.0", [one]).contains("0000:00:02.0 is the only graphics card"))
        let two = try [one, device("01:00.0", "0300", group: 2)]
        #expect(warnings("00:02.0", two).isEmpty)
        let share = try [one, device("00:02.1", "0300", group: 3) { $0.physicalFunction = one.address }]
        #expect(warnings("00:02.0", share).contains("only graphics card"), "a virtual function is no card")
    }

    @Test func theBootFramebuffersCardNeedsConsentAndSoDoItsCompanions() throws {
        let other = try device("00:02.0", "0300", group: 1)
        let audio = try device("01:00.1", "0403", group: 2)
        for mark in [\PCIDevice.bootFramebuffer, \PCIDevice.bootVGA] {
            let card = try device("01:00.0", "0300", group: 2) { $0[keyPath: mark] = true }
            #expect(warnings("01:00.0", [other, card, audio]).contains("consent"))
            #expect(warnings("01:00.1", [other, card, audio]).contains("consent"))
            #expect(warnings("00:02.0", [other, card, audio]).isEmpty)
        }
    }

    @Test func whatCannotBeSeenMayBeNeeded() throws {
        let unseen = try device("05:00.0", "", group: 3)
        #expect(warnings("05:00.0", [unseen]).contains("What 0000:05:00.0 is cannot be seen"))
        #expect(try warnings("05:00.1", [unseen, device("05:00.1", "0200", group: 3)]).contains("05:00.0 is cannot"))
    }

    @Test func aRenderOnlyGPUShowsNoPictureEvenWhenItIsBlocked() throws {
        let screen = try device("00:02.0", "0300", group: 1)
        #expect(warnings("01:00.0", [screen, try device("01:00.0", "0302", group: 2)]).contains("no picture"))
        #expect(warnings("01:00.0", [screen, try device("01:00.0", "0302")]).contains("no picture"))
    }

    @Test func aDeviceWithoutResetIsUnsafe() throws {
        let devices = try [device("01:00.0", "0200", group: 1) { $0.resetMethods = [] }]
        #expect(devices.judged()["01:00.0"]?.resetRisk == .impossible)
        #expect(warnings("01:00.0", devices).contains("cannot reset"))
    }

    @Test func aBusResetIsUnsafeOnlyWithOthersOnTheBus() throws {
        let first = try device("01:00.0", "0300", group: 1) { $0.resetMethods = ["bus"] }
        let screen = try device("00:02.0", "0300", group: 9)
        let companion = try device("01:00.1", "0403", group: 2) { $0.resetMethods = ["pm"] }
        let stranger = try device("01:00.2", "0200", group: 3)
        #expect([first, screen, companion].judged()["01:00.0"]?.resetRisk == PCIDevice.ResetRisk.none)
        let judged = [first, screen, companion, stranger].judged()
        #expect(judged["01:00.0"]?.resetRisk == .neighbours && judged["01:00.2"]?.resetRisk == nil)
        #expect(warnings("01:00.0", [first, screen, companion, stranger]).contains("0000:01:00.2 would be reset too"))
        #expect(judged["01:00.1"]?.passthrough.warnings.isEmpty == true, "it has a reset of its own")
        let other = try device("01:00.0", "0200", group: 1) { $0.resetMethods = ["flr", "bus"] }
        #expect([other, stranger].judged()["01:00.0"]?.resetRisk == PCIDevice.ResetRisk.none)
    }

    @Test func forcedGroupsAreNotTrustworthy() throws {
        var iommu = IOMMUDocument.on
        iommu.acsOverride = true
        let devices = try [device("01:00.0", "0200", group: 1), device("00:00.0", "0600", group: 2)]
        #expect(warnings("01:00.0", devices, iommu).contains("not trustworthy"))
        #expect(warnings("00:00.0", devices, iommu).isEmpty)
    }

    @Test func aTwinThatStaysIsNamedSoThatOneBindsByAddress() throws {
        let first = try device("01:00.0", "0200", group: 1, ids: "8086:1521")
        let second = try device("02:00.0", "0200", group: 2, ids: "8086:1521")
        #expect(warnings("01:00.0", [first, second]).contains("0000:02:00.0 has the same IDs 8086:1521"))
        let port = try device("01:00.1", "0200", group: 1, ids: "8086:1521")
        #expect(warnings("01:00.0", [first, port]).isEmpty, "it goes along")
    }

    @Test func withoutInterruptRemappingVFIORefuses() throws {
        var iommu = IOMMUDocument.on
        iommu.interruptRemapping = false
        let devices = try [device("01:00.0", "0200", group: 1)]
        #expect(warnings("01:00.0", devices, iommu).contains("Interrupt remapping is off"))
        #expect(!warnings("01:00.0", devices, iommu).contains("unsafe_interrupts"))
        iommu.interruptRemapping = nil
        #expect(warnings("01:00.0", devices, iommu).isEmpty)
    }

    @Test func aPhysicalFunctionAndItsVirtualOnesExcludeEachOther() throws {
        func functions(physical: String?, virtual: String?) throws -> [PCIDevice] {
            let card = try device("01:00.0", "0108", group: 1, driver: physical) {
                $0.sriov = .init(total: 8, current: 1)
            }
            return try [
                card, device("01:00.1", "0108", group: 2, driver: virtual) { $0.physicalFunction = card.address },
            ]
        }
        #expect(
            warnings("01:00.0", try functions(physical: "nvme", virtual: nil)).contains("1 virtual functions vanish"))
        let claimed = try functions(physical: "nvme", virtual: "vfio-pci")
        #expect(warnings("01:00.0", claimed).contains("0000:01:00.1 are with VMs"))
        #expect(warnings("01:00.1", claimed).isEmpty)
        let reverse = try functions(physical: "vfio-pci", virtual: nil)
        #expect(warnings("01:00.1", reverse).contains("physical function 0000:01:00.0"))
    }

    @Test func aPortOnAnotherDriverKeepsVFIOFromTheGroup() throws {
        var iommu = IOMMUDocument.on
        let devices = try [device("00:1c.0", "0604", group: 7, driver: "shpchp"), device("01:00.0", "0200", group: 7)]
        iommu.groups = [
            GroupJudge(devices: devices, kernel: KernelRelease(6, 1))
                .judge(.init(id: 7, type: nil, devices: devices.map(\.address)))
        ]
        #expect(warnings("01:00.0", devices, iommu).contains("0000:00:1c.0 is bound to shpchp"))
    }
}
