/// `Range: bytes=...` with one range (RFC 9110, 14.2); anything else is ignored, as the RFC allows.
enum ByteRange: Equatable {
    case whole
    case part(Range<UInt64>)
    case unsatisfiable

    static func resolve(_ header: String?, size: UInt64) -> ByteRange {
        guard let header, header.hasPrefix("bytes=") else { return .whole }
        let ends = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .whole }
        switch (ends[0].isEmpty, UInt64(ends[0]), ends[1].isEmpty, UInt64(ends[1])) {
        case (false, let first?, true, _):
            return first < size ? .part(first..<size) : .unsatisfiable
        case (false, let first?, false, let last?):
            guard first <= last else { return .whole }
            return first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
        case (true, _, false, let count?):
            return count > 0 && size > 0 ? .part(size - min(count, size)..<size) : .unsatisfiable
        default: return .whole
        }
    }
}
