/// A type of mediated devices, by the kernel's name in full: `i915-GVTg_V5_4`, `nvidia-256`. Driver and type are joined by a
/// hyphen there, so that `auto` is none of them.
public struct MediatedTypeID: TextIdentifier {
    public static let expectation =
        "a type in mdev_supported_types such as nvidia-256 or i915-GVTg_V5_4, or auto for the largest"
    /// The largest share that is left.
    public static let auto = MediatedTypeID("auto")!

    public let description: String

    /// - Parameter text: letters, digits, `-` and `_`, as of all drivers, so that an alias of libvirt's can hold it.
    public init?(_ text: String) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(text.utf8.count), text == "auto" || text.dropFirst().contains("-") else {
            return nil
        }
        description = text
    }
}
