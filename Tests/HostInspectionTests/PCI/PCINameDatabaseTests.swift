import Testing

@testable import HostInspection

@Suite struct PCINameDatabaseTests {
    private func names(_ files: [String: String], _ body: (PCINameDatabase?) -> Void) throws {
        let machine = try FixtureMachine(files)
        defer { withExtendedLifetime(machine) {} }
        body(PCINameDatabase(machine.subject.root))
    }

    @Test func aTreeWithoutDatabaseHasNoNamesThoughThisMachineHas() throws {
        try names([:]) { #expect($0 == nil) }
        #expect(PCINameDatabase(HostRoot())?.vendor("8086") == "Intel Corporation")
    }

    @Test(arguments: ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"])
    func theTreesOwnDatabaseCounts(path: String) throws {
        try names([path: "8086  Somebody Else\n\t1521  Their Card\n"]) { names in
            #expect(names?.vendor("8086") == "Somebody Else" && names?.device("8086", "1521") == "Their Card")
            #expect(names?.vendor("10de") == nil && names?.device("8086", "1522") == nil)
            #expect(names?.vendor(nil) == nil && names?.vendor("nonsense") == nil)
        }
    }

    @Test func aMalformedDatabaseGivesTheNamesBeforeTheFault() throws {
        try names(["/usr/share/misc/pci.ids": "8086  Intel\n\t\t\t\tzzzz\nnonsense\n10de  NVIDIA\n"]) { names in
            #expect(names?.vendor("8086") == "Intel" && names?.vendor("10de") == nil)
        }
    }

    @Test func aPipeInPlaceOfTheDatabaseHoldsNothingUp() throws {
        let machine = try FixtureMachine(["/usr/share/misc/.keep": ""])
        try machine.makePipe("/usr/share/misc/pci.ids")
        #expect(PCINameDatabase(machine.subject.root) == nil)
    }
}
