/// The interfaces of the default routes: /proc/net/route and /proc/net/ipv6_route.
struct DefaultRoutes: Sendable {
    /// The lowest metric first, IPv4 before IPv6; each interface once.
    let interfaces: [String]

    /// RTF_UP and RTF_REJECT of linux/route.h.
    private static let up = 0x1
    private static let reject = 0x200

    init(_ root: HostRoot) {
        let routes = (Self.ipv4(root) + Self.ipv6(root)).filter {
            $0.flags & Self.up != 0 && $0.flags & Self.reject == 0 && $0.interface != "lo"
        }
        var seen: Set<String> = []
        // Stable: equal metrics stay in the kernel's order.
        interfaces = routes.enumerated().sorted { ($0.element.metric, $0.offset) < ($1.element.metric, $1.offset) }
            .map(\.element.interface).filter { seen.insert($0).inserted }
    }

    private typealias Route = (interface: String, metric: Int, flags: Int)

    /// Iface Destination Gateway Flags RefCnt Use Metric Mask: hexadecimal but for the metric.
    private static func ipv4(_ root: HostRoot) -> [Route] {
        lines(root, "/proc/net/route").compactMap { fields in
            guard fields.count > 7, fields[1] == "00000000", fields[7] == "00000000",
                let flags = Int(fields[3], radix: 16), let metric = Int(fields[6])
            else { return nil }
            return (String(fields[0]), metric, flags)
        }
    }

    /// Destination, prefix length, source, its length, next hop, metric, references, uses, flags, interface.
    private static func ipv6(_ root: HostRoot) -> [Route] {
        lines(root, "/proc/net/ipv6_route").compactMap { fields in
            guard fields.count > 9, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }),
                let metric = Int(fields[5], radix: 16), let flags = Int(fields[8], radix: 16)
            else { return nil }
            return (String(fields[9]), metric, flags)
        }
    }

    private static func lines(_ root: HostRoot, _ path: String) -> [[Substring]] {
        (root.text(path) ?? "").split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" } }
    }
}
