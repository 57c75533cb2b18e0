/// Documentation/ABI/testing/sysfs-class-power: micro-units.
public struct PowerSupplies: Sendable {
    private let root: HostRoot
    private let supplies: [(name: String, path: String, kind: String)]

    public init(_ root: HostRoot) {
        self.root = root
        supplies = root.names(in: "/sys/class/power_supply").compactMap { name in
            let path = "/sys/class/power_supply/" + name
            return root.text(path + "/type").map { (name, path, $0) }
        }
    }

    /// A battery of a mouse or pen has the scope `Device` and is none of the machine's.
    func batteries(momentary: Bool) -> [LaptopDocument.Battery] {
        supplies.filter { $0.kind == "Battery" && root.text($0.path + "/scope") != "Device" }.map { name, path, _ in
            LaptopDocument.Battery(
                name: name, designCapacity: capacity("full_design", at: path), fullCapacity: capacity("full", at: path),
                cycles: root.integer(path + "/cycle_count").flatMap { $0 > 0 ? $0 : nil },
                charge: momentary ? root.integer(path + "/capacity") : nil,
                status: momentary ? root.text(path + "/status") : nil)
        }
    }

    /// nil on a machine that tells of no mains.
    public var isOnMains: Bool? {
        let states = supplies.filter { $0.kind == "Mains" || $0.kind == "USB" }
            .compactMap { root.integer($0.path + "/online") }
        return states.isEmpty ? nil : states.contains(1)
    }

    /// In mWh: energy in µWh, or charge in µAh at the voltage in µV that the battery was made for.
    private func capacity(_ name: String, at path: String) -> Int? {
        if let energy = root.integer("\(path)/energy_\(name)"), energy > 0 { return energy / 1000 }
        guard let charge = root.integer("\(path)/charge_\(name)"), charge > 0,
            let voltage = root.integer(path + "/voltage_min_design"), voltage > 0
        else { return nil }
        return Int(exactly: (Double(charge) * Double(voltage) / 1e9).rounded())
    }
}
