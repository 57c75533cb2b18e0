import FleetModel
import FleetRuntime

@testable import HostInspection

/// Facts that no machine would tell.
enum FactMutation {
    static func kernelLog(with generator: inout SeededGenerator) -> KernelLog {
        let words =
            KernelMessage.all.flatMap(\.words) + ["0000:01:00.0:", "[01:00.0]", "0x", ":::", "ffff:ff:ff.f", ""]
        return KernelLog(
            messages: (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
                .init(text: (0..<5).compactMap { _ in words.randomElement(using: &generator) }.joined(separator: " "))
            })
    }

    static func profiles(with generator: inout SeededGenerator) -> [ProfileNeeds] {
        let amounts: [UInt64] = [0, 1, 8 << 30, .max]
        return (0..<Int.random(in: 0..<3, using: &generator)).compactMap { index in
            guard let name = ResourceName("profile-\(index)") else { return nil }
            return ProfileNeeds(
                name: name, memoryBytes: amounts.randomElement(using: &generator) ?? 0,
                vcpus: [.min, 0, 4, .max].randomElement(using: &generator) ?? 0,
                secureBoot: Bool.random(using: &generator), tpm: Bool.random(using: &generator),
                ownFirmware: Bool.random(using: &generator), bridges: Bool.random(using: &generator) ? ["br-plc"] : [],
                networks: Bool.random(using: &generator) ? ["default"] : [],
                vlans: Bool.random(using: &generator) ? [.init(bridge: "br-plc", id: .max)] : [],
                shares: Bool.random(using: &generator), seed: Bool.random(using: &generator),
                freeDiskBytes: amounts.randomElement(using: &generator) ?? 0)
        }
    }
}
