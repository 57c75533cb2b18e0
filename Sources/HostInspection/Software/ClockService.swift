import FleetRuntime

/// What keeps the machine's clock right.
public struct ClockService: Codable, Equatable, Sendable {
    /// `chrony`, `systemd-timesyncd`, `ntpsec`, `ntpd` or `openntpd`: the one that is started with the machine, or runs.
    public var service: String?
    /// The machine's own time zone, by its IANA name (localtime(5)); nil where its file does not tell.
    public var timeZone: String?
    /// Only when momentary facts were asked for.
    public var synchronised: Bool?
    /// What the kernel reads the time from: `tsc`, `kvm-clock`, `hpet`, `acpi_pm`.
    public var source: String?

    private static let units: [(service: String, units: [String])] = [
        ("chrony", ["chrony.service", "chronyd.service"]),
        ("systemd-timesyncd", ["systemd-timesyncd.service", "dbus-org.freedesktop.timesync1.service"]),
        ("ntpsec", ["ntpsec.service"]),
        ("ntpd", ["ntpd.service", "ntp.service"]),
        ("openntpd", ["openntpd.service"]),
    ]

    init(_ root: HostRoot, includesMomentary: Bool) {
        let enabled = Self.enabledUnits(root)
        service = Self.units.first { !enabled.isDisjoint(with: $0.units) }?.service
        source = root.text("/sys/devices/system/clocksource/clocksource0/current_clocksource")
        timeZone = Self.timeZone(root)
        synchronised = includesMomentary ? Self.isSynchronised(root) : nil
    }

    private static func timeZone(_ root: HostRoot) -> String? {
        let (path, database) = ("/etc/localtime", "zoneinfo/")
        if let link = root.link(path) {
            return link.firstRange(of: database).map { String(link[$0.upperBound...]) }
        }
        // A copy of a zone's file has no name; Debian keeps that apart.
        return root.exists(path) ? root.text("/etc/timezone") : "UTC"
    }

    /// Nil when nothing tells: systemd-timesyncd leaves a mark, of the others only the running kernel knows.
    static func isSynchronised(_ root: HostRoot) -> Bool? {
        if root.isLive { return SystemClock.isSynchronised() }
        return root.exists("/run/systemd/timesync/synchronized") ? true : nil
    }

    /// systemctl enable makes links in `*.wants` and for aliases; systemd keeps a link for each unit that runs.
    private static func enabledUnits(_ root: HostRoot) -> Set<String> {
        let directory = "/etc/systemd/system"
        var units = Set(root.names(in: directory))
        for name in units where name.hasSuffix(".wants") { units.formUnion(root.names(in: "\(directory)/\(name)")) }
        let invocation = "invocation:"
        for name in root.names(in: "/run/systemd/units") where name.hasPrefix(invocation) {
            units.insert(String(name.dropFirst(invocation.count)))
        }
        return units
    }
}
