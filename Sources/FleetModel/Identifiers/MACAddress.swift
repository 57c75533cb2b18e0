/// An Ethernet address: six bytes, written `52:54:00:12:34:56` in lowercase.
public struct MACAddress: TextIdentifier {
    public static let expectation = "a MAC address such as 52:54:00:12:34:56"
    public let description: String

    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6, !text.contains("+") else { return nil }
        self.init(bytes: bytes)
    }

    /// - Parameter bytes: the six bytes in transmission order.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        description = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
