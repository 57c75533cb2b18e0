import Testing

@testable import HostInspection

@Suite struct PCINameDatabaseTests {
    private static let wanted: [PCINameDatabase.DeviceID] = [("8086", "1521"), ("10de", "1c82")]

    private func names(_ files: [String: String], _ body: (PCINameDatabase?) -> Void) throws {
        let machine = try FixtureMachine(files)
        defer { withExtendedLifetime(machine) {} }
        body(PCINameDatabase(machine.subject.root, for: Self.wanted))
    }

    @Test func aTreeWithoutDatabaseHasNoNamesThoughThisMachineHas() throws {
        try names([:]) { #expect($0 == nil) }
        #expect(PCINameDatabase(HostRoot(), for: Self.wanted)?.vendor("8086") == "Intel Corporation")
    }

    @Test(arguments: ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"])
    func theTreesOwnDatabaseCounts(path: String) throws {
        try names([path: "8086  Somebody Else\n\t1521  Their Card\n"]) { names in
            #expect(names?.vendor("8086") == "Somebody Else" && names?.device("8086", "1521") == "Their Card")
            #expect(names?.vendor("10de") == nil && names?.device("8086", "1522") == nil)
            #expect(names?.vendor(nil) == nil && names?.vendor("nonsense") == nil)
        }
    }

    @Test func malformedLinesCostNoOtherNames() throws {
        try names([
            "/usr/share/misc/pci.ids":
                "8086  Intel\n\t\t\t\tzzzz\n\t\n\t1521  I350\nnonsense\n\n8\n10de  NVIDIA\n\t1c8\n"
        ]) { names in
            #expect(names?.vendor("8086") == "Intel" && names?.device("8086", "1521") == "I350")
            #expect(names?.vendor("10de") == "NVIDIA" && names?.device("10de", "1c82") == nil)
        }
    }

    @Test func aMalformedNameCostsNoInspection() throws {
        try names(["/usr/share/misc/pci.ids": "8086\n\t1521\n10de  NVIDIA\n"]) { names in
            #expect(names?.device("8086", "1521") == nil)
        }
    }

    @Test func subsystemsAndClassesAreNoDevices() throws {
        try names([
            "/usr/share/misc/pci.ids": "8086  Intel\n\t1522  Other\n\t\t1521 0001  Board\nC 10de  Class\n\t1c82  Sub\n"
        ]) { names in
            #expect(names?.vendor("8086") == "Intel" && names?.device("8086", "1521") == nil)
            #expect(names?.vendor("10de") == nil && names?.device("10de", "1c82") == nil)
        }
    }

    @Test func aPipeInPlaceOfTheDatabaseHoldsNothingUp() throws {
        let machine = try FixtureMachine(["/usr/share/misc/.keep": ""])
        try machine.makePipe("/usr/share/misc/pci.ids")
        #expect(PCINameDatabase(machine.subject.root, for: Self.wanted) == nil)
    }
}
