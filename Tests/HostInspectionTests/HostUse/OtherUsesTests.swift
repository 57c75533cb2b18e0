import FleetModel
import Testing

@Suite struct OtherUsesTests {
    @Test func theManagementControllersDisplayIsKept() throws {
        var files: [String: String] = [:]
        for (address, vendor, device, kind) in [
            ("0000:06:00.0", "1a03", "2000", "030000"), ("0000:05:00.0", "1a03", "1150", "060400"),
            ("0000:07:00.0", "102b", "0538", "030000"), ("0000:08:00.0", "102b", "0525", "030000"),
            ("0000:01:00.0", "10de", "1c82", "030000"),
        ] {
            let path = "/sys/bus/pci/devices/\(address)"
            files[path + "/vendor"] = "0x\(vendor)\n"
            files[path + "/device"] = "0x\(device)\n"
            files[path + "/class"] = "0x\(kind)\n"
        }
        let display = "it is the display of the management controller"
        #expect(
            try FixtureMachine(files).hostUses() == [
                "0000:06:00.0 management-controller: \(display) (ASPEED), which the remote console shows",
                "0000:07:00.0 management-controller: \(display) (Matrox G200), which the remote console shows",
            ])
    }

    @Test func whatAVMHasIsInUse() throws {
        let address = try #require(PCIAddress("0000:01:00.0"))
        #expect(
            try FixtureMachine([:]).hostUses(assignments: [address: "office-1"]) == [
                "0000:01:00.0 vm: it is assigned to the VM office-1"
            ])
    }
}
