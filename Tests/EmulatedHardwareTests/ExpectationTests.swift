import Configuration
import FleetModel
import Testing

/// What the scenarios say is understood, and what is otherwise is noticed.
@Suite struct ExpectationTests {
    private let inspection = JSONValue.object([
        "iommu": .object([
            "status": .string("enabled"),
            "groups": .array([
                .object(["id": .integer(4), "viable": .bool(false), "devices": .array([.string("01:00.0")])])
            ]),
        ]),
        "pci": .array([.object(["address": .string("01:00.0"), "class": .string("0300"), "numaNode": .integer(1)])]),
    ])

    private func differences(_ expectation: String) -> [String] {
        let text = """
            description: a machine
            machine: [-machine q35]
            expect: \(expectation)
            """
        let scenario = ConfigurationLoader.load(Scenario.self, text: text, name: "a scenario")
        #expect(scenario.problems.isEmpty && scenario.warnings.isEmpty)
        return Expectation.members(scenario.value.expect).differences(from: inspection)
    }

    @Test(arguments: [
        "{iommu: {status: enabled, mode: absent}}", "{iommu: {groups: {01:00.0: {id: 4, viable: false}}}}",
        "{iommu: {groups: {4: {devices: [01:00.0]}}}}", "{pci: {01:00.0: {class: 0300, numaNode: 1}}}",
    ])
    func whatIsAsExpectedIsNoDifference(_ expectation: String) {
        #expect(differences(expectation) == [])
    }

    @Test(arguments: [
        ("{iommu: {status: failed}}", "iommu/status: expected failed, got enabled"),
        ("{iommu: {status: absent}}", "iommu/status: expected nothing, got enabled"),
        ("{iommu: {mode: mixed}}", "iommu/mode: expected mixed, got nothing"),
        ("{iommu: {groups: []}}", "iommu/groups: expected [], got [{devices: [01:00.0], id: 4, viable: false}]"),
        (
            "{iommu: {groups: {4: {devices: [01:00.0, 02:00.0]}}}}",
            #"iommu/groups/4/devices: expected ["01:00.0", "02:00.0"], got [01:00.0]"#
        ),
        ("{pci: {02:00.0: {class: 0300}}}", "pci/02:00.0: expected to be there, got nothing"),
        ("{pci: {01:00.0: {class: 300}}}", "pci/01:00.0/class: expected 300, got 0300"),
    ])
    func whatIsOtherwiseIsTold(_ expectation: String, _ difference: String) {
        #expect(differences(expectation) == [difference])
    }

    @Test(arguments: ["reboot", "bind 0000:01:00.0", "huge-pages 0 2048 16 32"])
    func aStepThatIsNoneIsRefused(_ step: String) throws {
        let text = """
            description: a machine
            machine: [-machine q35]
            steps: [\(step)]
            expect: {iommu: {status: enabled}}
            """
        let problems = ConfigurationLoader.load(Scenario.self, text: text, name: "a scenario").problems
        #expect(problems.map(\.key) == ["steps"])
        #expect(problems.first?.message.contains("live-on DISK") == true)
    }

    @Test func everyScenarioCanBeRead() throws {
        #expect(Scenario.names.count > 15)
        for name in Scenario.names { _ = try Scenario.load(name) }
    }
}
