import CommandLineKit
import ImageStore

/// What the commands have in common that work on images in chunks, without the controller.
enum ImageArguments {
    static let index = Argument<String>.positional(
        "INDEX.caibx", "Which chunks the image is made of", completion: .files)
    static let store = Argument<String>.requiredOption(
        "store", "DIR", "The directory of the chunks", completion: .files)

    /// `4096`, `64K`, `2M`, `1G`: binary units.
    static func bytes(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[$0] }
        guard let number = UInt64(unit == nil ? text[...] : text.dropLast()),
            case (let bytes, false) = number.multipliedReportingOverflow(by: unit ?? 1)
        else { return nil }
        return bytes
    }
}

extension ChunkSize: ArgumentValue {
    public static var expectation: String { "a multiple of 4K up to 128M, such as 64K" }

    public init?(argument: String) {
        guard let bytes = ImageArguments.bytes(argument) else { return nil }
        self.init(bytes: bytes)
    }
}

/// A rate as people write it.
struct ByteRate: ArgumentValue {
    static let expectation = "bytes a second, such as 500K or 2M"
    let bytesPerSecond: UInt64

    init?(argument: String) {
        guard let bytes = ImageArguments.bytes(argument), bytes > 0 else { return nil }
        bytesPerSecond = bytes
    }
}

extension SourceImage.Format: ArgumentValue {}
