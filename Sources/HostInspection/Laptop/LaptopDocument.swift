/// `inventory/laptop`: what makes a workstation portable, and hot.
public struct LaptopDocument: Codable, Equatable, Sendable {
    public struct Battery: Codable, Equatable, Sendable {
        /// `BAT0`.
        public var name: String
        /// mWh, when it was new; absent when the battery counts charge and tells no voltage.
        public var designCapacity: Int?
        /// mWh, when it is full now.
        public var fullCapacity: Int?
        public var cycles: Int?
        /// Percent; only when momentary facts were asked for, as the next.
        public var charge: Int?
        /// `Charging`, `Discharging`, `Not charging`, `Full` or `Unknown`.
        public var status: String?
    }

    public struct Temperature: Codable, Equatable, Sendable {
        /// `coretemp Package id 0`, `thermal_zone0 x86_pkg_temp`.
        public var sensor: String
        /// Degrees Celsius.
        public var value: Double
        /// Where the machine protects itself.
        public var critical: Double?
    }

    /// How often the processor slowed down since the start to cool down.
    public struct Throttling: Codable, Equatable, Sendable {
        /// The highest of all cores.
        public var core: UInt64?
        /// The highest of all packages.
        public var package: UInt64?
    }

    public struct PowerProfile: Codable, Equatable, Sendable {
        public var current: String
        public var choices: [String]
    }

    /// The chassis is a portable one, by SMBIOS type.
    public var isPortable: Bool?
    /// System Enclosure or Chassis Type of the SMBIOS specification: 10 is a notebook.
    public var chassisType: Int?
    public var vendor: String?
    public var product: String?
    /// With some vendors the name that people know.
    public var productVersion: String?
    public var batteries: [Battery] = []
    public var hasLid: Bool?
    public var powerProfile: PowerProfile?
    /// This and the rest only when momentary facts were asked for.
    public var isOnMains: Bool?
    public var isLidOpen: Bool?
    public var temperatures: [Temperature] = []
    public var throttling: Throttling?
}
