import Testing

/// The agent's own program, on machines of which it is known what they are.
@Suite struct EmulatedHardwareTests {
    @Test(arguments: Scenario.names)
    func theInspectionTellsWhatTheMachineWasBuiltToBe(_ name: String) async throws {
        let host = try EmulatedHost(name)
        let expectation = Expectation.members(host.scenario.expect)
        let differences = try await expectation.differences(from: host.inspect())
        #expect(
            differences.isEmpty,
            """
            \(name): \(host.scenario.description)
            \(differences.joined(separator: "\n"))
            all that was said: \(host.directory)/inspection.json, the kernel's log: console.log beside it
            """)
        let lost = try await expectation.differences(from: host.inspectCapture())
        #expect(
            lost.isEmpty,
            "\(name), of its capture: \(lost.joined(separator: "\n")); see \(host.directory)/capture.tar.gz")
    }
}
