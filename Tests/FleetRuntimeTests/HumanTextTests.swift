import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct HumanTextTests {
    static let sizes: [(UInt64, String)] = [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (13_736_346, "13.1 MiB"),
        (1_048_575, "1 MiB"), (4_294_967_296, "4 GiB"), (.max, "16384 PiB"),
    ]

    @Test(arguments: sizes) func sizesHaveBinaryUnits(_ count: UInt64, _ text: String) {
        #expect(HumanText.bytes(count) == text)
    }

    static let ages: [(Double, String)] = [
        (-30, "now"), (4.9, "now"), (42, "42 s ago"), (200, "3 min ago"), (18_059, "5 h ago"),
        (169_200, "47 h ago"), (1_036_800, "12 days ago"),
    ]

    @Test(arguments: ages) func agesAreCoarse(_ seconds: Double, _ text: String) {
        let now = Date(timeIntervalSince1970: 1_790_000_000)
        #expect(HumanText.age(of: now - seconds, at: now) == text)
    }
}
