import CommandLineKit
import Configuration
import FleetClient
import FleetModel
import FleetRuntime
import FoundationEssentials

extension ControllerAddress: ArgumentValue {}
extension ResourceName: ArgumentValue {}
extension JobID: ArgumentValue {}
extension VMID: ArgumentValue {}
extension Digest: ArgumentValue {}
extension ImportIdentity: ArgumentValue {}
extension USBDeviceID: ArgumentValue {}
extension PCIDeviceID: ArgumentValue {}
extension PCIClass: ArgumentValue {}
extension DeviceSelector.Role: ArgumentValue {}
extension JobState: ArgumentValue {}
extension JobRequirement: ArgumentValue {}
extension RolloutHostState: ArgumentValue {}

extension Interval: ArgumentValue {
    public init?(argument: String) { self.init(argument) }
    public static var expectation: String { "a length of time such as 30s, 5m, 48h or 7d" }
}

/// A moment: local time by this machine's clock, or RFC 3339.
struct StartTime: ArgumentValue, Equatable {
    static let expectation = "a time such as 2026-01-05T22:00 or 2026-01-05T22:00:00+01:00"
    let date: Date

    init?(argument: String) {
        if let local = LocalTime(argument) {
            date = HumanText.date(ofLocal: local.year, local.month, local.day, local.hour, local.minute)
        } else if let date = try? Date(argument, strategy: .iso8601) {
            self.date = date
        } else {
            return nil
        }
    }
}

extension EventType: ArgumentValue {
    public init?(argument: String) { self.init(rawValue: argument) }
    public static var expectation: String { "an event type such as vm.lifecycle" }
    public static var candidates: [String] { known.map(\.rawValue) }
}

/// `TEMPLATE:VERSION`.
struct TemplateReference: ArgumentValue, Equatable {
    static let expectation = "TEMPLATE:VERSION, such as office:2026.11"
    let name: ResourceName
    let version: ResourceName

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let name = ResourceName(String(parts[0])),
            let version = ResourceName(String(parts[1]))
        else { return nil }
        self.name = name
        self.version = version
    }
}

/// `NAME`, or `NAME:VERSION`.
struct ProfileReference: ArgumentValue, Equatable {
    static let expectation = "NAME or NAME:VERSION, such as office or office:3"
    let name: ResourceName
    /// The newest when nil.
    let version: Int?

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = ResourceName(String(parts[0])) else { return nil }
        self.name = name
        guard parts.count == 2 else {
            version = nil
            return
        }
        guard let version = Int(parts[1]), version > 0 else { return nil }
        self.version = version
    }
}

/// `KEY=VALUE` to set a label, `KEY-` to remove it.
struct LabelChange: ArgumentValue, Equatable {
    static let expectation = "KEY=VALUE to set a label, or KEY- to remove it"
    let key: String
    let value: String?

    init?(argument: String) {
        if let equals = argument.firstIndex(of: "=") {
            key = String(argument[..<equals])
            value = String(argument[argument.index(after: equals)...])
        } else {
            guard argument.hasSuffix("-") else { return nil }
            key = String(argument.dropLast())
            value = nil
        }
        if key.isEmpty { return nil }
    }
}

/// How many items to show.
struct ItemLimit: ArgumentValue, CustomStringConvertible {
    static let expectation = "a number from 1 on"
    let count: Int
    var description: String { "\(count)" }

    init?(argument: String) {
        guard let count = Int(argument), count > 0 else { return nil }
        self.count = count
    }

    init(_ count: Int) { self.count = count }
}
