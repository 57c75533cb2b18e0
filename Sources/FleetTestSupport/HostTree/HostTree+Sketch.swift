extension HostTree {
    /// A tree in a few lines of text, one for each path:
    ///
    ///     # why it is here
    ///     /proc/cmdline = quiet iommu=pt\n
    ///     /proc/self/mountinfo * 5000 = 36 35 8:% / /m% rw - ext4 /dev/sda% rw\n
    ///     /etc/os-release -> ../../../etc/passwd
    ///     /proc/meminfo directory
    ///     /proc/cpuinfo pipe
    ///
    /// `\n`, `\t`, `\\` and `\xFF` stand for bytes; with `* N` the text is repeated, and each `%` in it is the number of
    /// the repetition, from 0.
    public struct SketchError: Error, CustomStringConvertible {
        public let line: String
        public var description: String { "no line of a sketched tree: \(line)" }
    }

    public init(sketch: String) throws {
        self.init()
        for line in sketch.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
            let path = String(words[0])
            switch words.count > 1 ? words[1] : "" {
            case "directory": entries[path] = .directory
            case "pipe": entries[path] = .pipe
            case "->": entries[path] = .link(to: words.dropFirst(2).joined(separator: " "))
            case "=": entries[path] = .file(Self.bytes(words.dropFirst(2).joined(separator: " ")))
            case "*":
                guard words.count == 5, words[3] == "=", let count = Int(words[2]) else {
                    throw SketchError(line: String(line))
                }
                let text = String(words[4])
                entries[path] = .file((0..<count).flatMap { Self.bytes(text.replacing("%", with: "\($0)")) })
            default: throw SketchError(line: String(line))
            }
        }
    }

    private static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "x"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: bytes.append(escape)
            }
        }
        return bytes
    }
}
