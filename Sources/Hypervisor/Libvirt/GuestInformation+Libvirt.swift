import FleetModel

extension GuestInformation {
    /// - Parameter values: by the names of virDomainGetGuestInfo: `os.pretty-name`, `if.0.addr.1.addr`, `fs.count`, ...
    init(_ values: [String: DomainStatistics.Value]) {
        func text(_ name: String) -> String? {
            if case .text(let text)? = values[name], !text.isEmpty { text } else { nil }
        }
        func number(_ name: String) -> UInt64? {
            switch values[name] {
            case .unsigned(let number)?: number
            case .integer(let number)?: UInt64(exactly: number)
            default: nil
            }
        }
        // Of a guest that names more than anybody can read.
        func each<Item>(_ name: String, _ item: (String) -> Item?) -> [Item] {
            (0..<min(number(name + ".count") ?? 0, 256)).compactMap { item("\(name).\($0)") }
        }
        self.init(
            hostname: text("hostname"), osName: text("os.pretty-name") ?? text("os.name"),
            osVersion: text("os.version") ?? text("os.version-id"), kernel: text("os.kernel-release"),
            interfaces: each("if") { item in
                guard let name = text(item + ".name"), name != "lo" else { return nil }
                return Interface(
                    name: name, macAddress: text(item + ".hwaddr").flatMap { MACAddress($0) },
                    addresses: each(item + ".addr") { address in
                        text(address + ".addr").map { addr in
                            number(address + ".prefix").map { "\(addr)/\($0)" } ?? addr
                        }
                    })
            },
            fileSystems: each("fs") { item in
                text(item + ".mountpoint").map {
                    FileSystem(mountPoint: $0, type: text(item + ".fstype"), sizeBytes: number(item + ".total-bytes"))
                }
            }, users: each("user") { text($0 + ".name") }.sorted())
    }
}
