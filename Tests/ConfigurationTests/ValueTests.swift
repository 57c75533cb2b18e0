import Configuration
import Testing

@Suite struct ValueTests {
    @Test(arguments: [("500ms", 0.5), ("30s", 30), ("5m", 300), ("48h", 172_800), ("7d", 604_800), ("0s", 0)])
    func intervalsAreRead(text: String, seconds: Double) {
        #expect(Interval(text)?.duration == .milliseconds(Int(seconds * 1000)))
        #expect(Interval(text).flatMap { Interval($0.description) } == Interval(text))
    }

    @Test(arguments: ["", "30", "s", "-1s", "1.5s", "1 s", "9223372036854775807d", "99999d", "٣s"])
    func otherTextsAreNotIntervals(text: String) { #expect(Interval(text) == nil) }

    @Test(arguments: [("0", 0), ("17", 17), ("4 GiB", 4 << 30), ("4GiB", 4 << 30), ("1 TB", 1_000_000_000_000)])
    func sizesAreRead(text: String, bytes: UInt64) {
        #expect(ByteSize(text)?.bytes == bytes)
        #expect(ByteSize(ByteSize(bytes: bytes).description)?.bytes == bytes)
    }

    @Test(arguments: ["", "GiB", "-1", "4 gib", "4  GiB", "99999999999 TiB", "1.5 GiB"])
    func otherTextsAreNotSizes(text: String) { #expect(ByteSize(text) == nil) }
}
