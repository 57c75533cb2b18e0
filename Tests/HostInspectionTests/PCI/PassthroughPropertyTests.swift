import FleetModel
import FleetRuntime
import Testing

@testable import HostInspection

/// What holds for every machine, tried on machines that nobody built.
@Suite struct PassthroughPropertyTests {
    @Test(arguments: (0..<200).map { _ in UInt64.random(in: 0...UInt64.max) })
    func whatHoldsForEveryMachine(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let devices = try randomMachine(&random)
        let judged = devices.judged()
        #expect(judged.count == devices.count, "seed \(seed)")
        #expect(devices.shuffled(using: &random).judged() == judged, "seed \(seed): the order counts for nothing")
        for (place, device) in judged {
            let passthrough = device.passthrough
            let members = passthrough.with.compactMap { judged[String($0.description.dropFirst(5))] }
            #expect(
                members.count == passthrough.with.count && !passthrough.with.contains(device.address), "seed \(seed)")
            #expect(passthrough.with == passthrough.with.sorted(), "seed \(seed)")
            #expect(members.allSatisfy { $0.deviceClass?.isPCIBridge != true }, "seed \(seed): \(place)")
            #expect(device.deviceClass?.isBridge != true || passthrough.verdict == .never, "seed \(seed): \(place)")
            switch passthrough.verdict {
            case .pass, .never, .blocked: #expect(members.isEmpty, "seed \(seed): \(place)")
            case .notSeparable: #expect(members.allSatisfy { $0.passthrough.verdict == .never } && !members.isEmpty)
            case .passWithCompanions:
                for member in members where member.iommuGroup != nil {
                    #expect(member.passthrough.verdict == .passWithCompanions, "seed \(seed): \(place)")
                    #expect(member.passthrough.with.contains(device.address), "seed \(seed): \(place)")
                }
            }
        }
    }

    private func randomMachine(_ random: inout SeededGenerator) throws -> [PCIDevice] {
        let kinds = ["0300", "0302", "0403", "0c03", "0c80", "0200", "0108", "0600", "0604", "0c05", "0580", "1080"]
        var devices: [PCIDevice] = []
        for bus in 0..<Int.random(in: 1...6, using: &random) {
            for slot in 0..<Int.random(in: 1...3, using: &random) {
                for function in 0..<Int.random(in: 1...5, using: &random) {
                    let group = Int.random(in: 0...9, using: &random)
                    devices.append(
                        try device(
                            "0\(bus):0\(slot).\(function)", kinds.randomElement(using: &random) ?? "0200",
                            group: group == 0 ? nil : group))
                }
            }
        }
        return devices
    }
}
