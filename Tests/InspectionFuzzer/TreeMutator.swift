import FleetRuntime
import FleetTestSupport

/// Turns a machine's files into garbage, in the ways that disks, captures and people do.
struct TreeMutator {
    /// Where foreign contents come from.
    let sources: [HostTree]

    private static let numbers = [
        "-1", "0", "+1", "00", "255", "4294967295", "2147483648", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "1e400", "nan", "0x", "ffffffff",
        "-9223372036854775808", "9007199254740992", "4503599627370496", "1-4294967294", "",
    ]
    private static let nasty: [[UInt8]] = [
        [0], [0xFF, 0xFE], [0xC3], [0xED, 0xA0, 0x80], [0x0D, 0x0A], Array("\u{301}\u{1F468}\u{200D}".utf8),
        [0x1B, 0x5B],
        Array(": ".utf8), Array("=".utf8), Array("\\".utf8), Array("\\377".utf8), Array("\"".utf8), Array(" - ".utf8),
        Array("../".utf8), Array("[".utf8), Array(",,".utf8), Array("\n\n".utf8), Array("{".utf8),
    ]

    /// One to eight changes.
    func mutate(_ tree: inout HostTree, using generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let paths = tree.entries.keys.sorted()
            guard let path = paths.randomElement(using: &generator) else { return }
            if Int.random(in: 0..<6, using: &generator) == 0 {
                change(path, in: &tree, paths, using: &generator)
            } else if case .file(var bytes) = tree.entries[path] {
                for _ in 0..<Int.random(in: 1...3, using: &generator) { change(&bytes, using: &generator) }
                tree.entries[path] = .file(bytes)
            } else if case .link(let target) = tree.entries[path] {
                var bytes = Array(target.utf8)
                change(&bytes, using: &generator)
                tree.entries[path] = .link(to: String(decoding: bytes.prefix(4000), as: UTF8.self))
            }
        }
    }

    /// Another kind of entry, another's contents, another name, or nothing.
    private func change(
        _ path: String, in tree: inout HostTree, _ paths: [String], using generator: inout SeededGenerator
    ) {
        let other = paths.randomElement(using: &generator) ?? path
        let parent = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: tree.entries[path] = nil
        case 1: tree.entries[path] = .directory
        case 2: tree.entries[path] = .pipe
        case 3: tree.link(path, to: path)
        case 4: tree.link(path, to: other)
        case 5: tree.entries[path] = tree.entries[other]
        case 6:
            let last = path.split(separator: "/").last ?? ""
            let digits = last.reversed().prefix { $0.isNumber }.count
            let number = Self.numbers.randomElement(using: &generator) ?? ""
            tree.entries["\(parent)/\(last.dropLast(digits))\(number)"] = tree.entries[path]
        case 7:
            // A directory and all that is in it.
            tree.entries = tree.entries.filter { !$0.key.hasPrefix(parent + "/") }
            tree.entries[parent] = [.pipe, .directory, .link(to: other), .file([0])].randomElement(using: &generator)
        default:
            let foreign = sources.randomElement(using: &generator)?.entries[path]
            if let foreign { tree.entries[path] = foreign }
        }
    }

    private func change(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = Int.random(in: place...min(bytes.count, place + 80), using: &generator)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 3: bytes.insert(contentsOf: Self.nasty.randomElement(using: &generator) ?? [], at: place)
        case 4: replaceNumber(in: &bytes, from: place, using: &generator)
        case 5:
            let count = [100, 5000, 300_000].randomElement(using: &generator) ?? 1
            let unit = place < end ? Array(bytes[place..<end]) : [UInt8(ascii: "(")]
            bytes.insert(contentsOf: (0..<max(1, count / unit.count)).flatMap { _ in unit }, at: place)
        case 6: bytes = []
        default:
            guard place < bytes.count else { return }
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
    }

    /// The first run of digits from a place on.
    private func replaceNumber(in bytes: inout [UInt8], from place: Int, using generator: inout SeededGenerator) {
        let isDigit: (UInt8) -> Bool = { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: (Self.numbers.randomElement(using: &generator) ?? "").utf8)
    }
}
