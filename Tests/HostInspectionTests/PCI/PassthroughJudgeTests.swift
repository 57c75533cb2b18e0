import FleetModel
import Testing

@testable import HostInspection

@Suite struct PassthroughJudgeTests {
    @Test(arguments: ["0600", "0601", "0604", "0607", "0609", "0680", "0c05", "0500", "0580"])
    func whatTheMachineIsMadeOfIsNeverGiven(kind: String) throws {
        let alone = try [device("00:01.0", kind, group: 1)].judged()
        #expect(alone["00:01.0"]?.verdict == "never")
        let withoutGroup = try [device("00:01.0", kind)].judged()
        #expect(withoutGroup["00:01.0"]?.verdict == "never", "never comes before blocked")
    }

    @Test func whatTheHostLivesOnIsNeverGivenAndKeepsItsGroup() throws {
        let judged = try [
            device("01:00.0", "0108", group: 3) {
                $0.hostUses = [HostUse(purpose: .rootFileSystem, detail: "/ is on /dev/nvme0n1p2")]
            }, device("02:00.0", "0108", group: 3), device("00:1c.0", "0604", group: 3),
        ].judged()
        #expect(judged["01:00.0"]?.verdict == "never")
        #expect(judged["01:00.0"]?.passthrough.reason == "The host needs it: / is on /dev/nvme0n1p2.")
        #expect(judged["02:00.0"]?.verdict == "not-separable 01:00.0")
    }

    @Test func anotherVMsDeviceIsNeverGivenAndTheVMIsNamed() throws {
        let judged = try [
            device("01:00.0", "0200", group: 3) {
                $0.hostUses = [HostUse(purpose: .vm, detail: "it is assigned to the VM plc-bench")]
            }, device("01:00.1", "0200", group: 3),
        ].judged()
        #expect(judged["01:00.0"]?.passthrough.reason == "It is assigned to the VM plc-bench.")
        #expect(judged["01:00.1"]?.verdict == "not-separable 01:00.0")
        #expect(judged["01:00.1"]?.passthrough.fix == "Take 0000:01:00.0 from that VM first.")
    }

    @Test func withoutAGroupADeviceIsBlockedAndTheIOMMUsFixIsTold() throws {
        var off = IOMMUDocument.on
        off.status = .needsArgument
        off.reason = "This kernel uses an Intel IOMMU only when it is told to."
        off.fix = "Add intel_iommu=on to the kernel's command line and reboot."
        let devices = try [device("01:00.0", "0300")]
        let blocked = try #require(devices.judged(off)["01:00.0"]?.passthrough)
        #expect(blocked.verdict == .blocked && blocked.fix == off.fix && blocked.reason.contains(off.reason))
        #expect(devices.judged()["01:00.0"]?.verdict == "blocked", "with the IOMMU on, too")
    }

    @Test func portsAreNeitherCompanionsNorInTheWay() throws {
        let judged = try [
            device("00:01.0", "0604", group: 1), device("00:01.1", "0609", group: 1),
            device("01:00.0", "0200", group: 1),
        ].judged()
        #expect(judged["01:00.0"]?.verdict == "pass")
    }

    @Test func hostBridgesAreInTheWay() throws {
        let judged = try [
            device("00:03.0", "0600", group: 2), device("00:03.1", "0604", group: 2),
            device("0b:00.0", "0300", group: 2), device("0b:00.1", "0403", group: 2),
        ].judged()
        #expect(judged["0b:00.0"]?.verdict == "not-separable 00:03.0")
        #expect(judged["0b:00.1"]?.verdict == "not-separable 00:03.0")
    }

    @Test func aGraphicsCardGoesAsAWholeWhateverItsGroups() throws {
        let judged = try [
            device("01:00.0", "0300", group: 1), device("01:00.1", "0403", group: 2),
            device("01:00.2", "0c03", group: 3), device("01:00.3", "0c80", group: 4),
        ].judged()
        #expect(judged["01:00.0"]?.verdict == "pass-with-companions 01:00.1 01:00.2 01:00.3")
        #expect(judged["01:00.2"]?.verdict == "pass-with-companions 01:00.0 01:00.1 01:00.3", "and the reverse")
    }

    @Test func theGroupsOfCompanionsComeAlong() throws {
        let judged = try [
            device("01:00.0", "0302", group: 1), device("01:00.1", "0403", group: 2),
            device("02:00.0", "0200", group: 2), device("00:1f.4", "0c05", group: 5),
            device("03:00.0", "0380", group: 4), device("03:00.1", "0403", group: 5),
        ].judged()
        #expect(judged["01:00.0"]?.verdict == "pass-with-companions 01:00.1 02:00.0")
        #expect(judged["02:00.0"]?.verdict == "pass-with-companions 01:00.0 01:00.1")
        #expect(judged["03:00.0"]?.verdict == "not-separable 00:1f.4")
    }

    @Test func independentFunctionsOfASlotPassAlone() throws {
        let judged = try [
            device("0d:00.1", "1080", group: 13), device("0d:00.3", "0c03", group: 14),
            device("0d:00.4", "0403", group: 15), device("05:00.0", "0200", group: 20),
            device("05:00.1", "0200", group: 21),
        ].judged()
        #expect(judged.values.allSatisfy { $0.verdict == "pass" })
    }

    @Test func verdictsFollowTheirPrecedence() throws {
        let judged = try [
            device("00:1f.0", "0601", group: 9), device("00:1f.3", "0403", group: 9),
            device("00:1f.5", "0c80", group: 9),
        ].judged()
        #expect(judged["00:1f.0"]?.verdict == "never")
        #expect(judged["00:1f.3"]?.verdict == "not-separable 00:1f.0", "not with the companion 00:1f.5")
        #expect(judged["00:1f.3"]?.passthrough.fix != nil)
    }

    @Test(arguments: ["0604", "0607", "0609"])
    func portsAndBridgesStandInNobodysWay(kind: String) throws {
        let judged = try [device("05:00.0", kind, group: 4), device("06:00.0", "0200", group: 4)].judged()
        #expect(judged["05:00.0"]?.verdict == "never" && judged["06:00.0"]?.verdict == "pass")
    }
}
