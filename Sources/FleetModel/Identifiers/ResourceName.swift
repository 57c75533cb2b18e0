/// A name that a person gives: of a host, a VM, a template, a profile, or a template's version.
/// Safe as a file name, a libvirt domain name, a URL path segment and a YAML plain scalar.
public struct ResourceName: TextIdentifier {
    public static let expectation =
        "1 to 63 characters of A-Z, a-z, 0-9, '.', '_' and '-', starting with a letter or digit"
    public let description: String

    public init?(_ text: String) {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 63,
            text.utf8.allSatisfy({
                isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            })
        else { return nil }
        description = text
    }
}
