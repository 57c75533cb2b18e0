import Configuration
import Testing

/// Configuration files that something has chewed on: whatever they are, the loader answers.
@Suite struct MutationTests {
    private static let seed = """
        # a comment
        fleet: "plant é"
        workers: 12
        broker: &b {host: 10.0.0.1, port: 1883, tls: {ca: /etc/ca.pem, verify: true}}
        keys: [1, 2, 3]
        disks:
          - name: |
              folded
            size: 64 GiB
          - *b
        labels: {site: 'plc''s', ~: null, ? x : y}
        """

    @Test(arguments: 0..<40)
    func mutatedFilesNeverTrap(seed: UInt64) {
        var generator = SplitMix(state: seed)
        for _ in 0..<50 {
            var bytes = Array(Self.seed.utf8)
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2:
                    bytes.insert(
                        Array("{}[]:,&*!|>'\"%@`-?#\n\t \u{1}".utf8).randomElement(using: &generator) ?? 0, at: index)
                case 3: bytes.insert(contentsOf: bytes[index...].prefix(24), at: 0)
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...20, using: &generator)))
                }
            }
            let loaded = ConfigurationLoader.load(SampleConfiguration.self, bytes: bytes, name: "mutant")
            for problem in loaded.problems + loaded.warnings {
                #expect(!problem.message.isEmpty, "seed \(seed)")
                #expect((problem.position?.line ?? 1) >= 1 && (problem.position?.column ?? 1) >= 1, "seed \(seed)")
            }
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
