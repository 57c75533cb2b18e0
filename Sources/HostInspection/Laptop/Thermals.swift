/// Documentation/ABI/testing/sysfs-class-hwmon and -thermal: thousandths of a degree Celsius.
struct Thermals: Sendable {
    private let root: HostRoot

    init(_ root: HostRoot) { self.root = root }

    var temperatures: [LaptopDocument.Temperature] { sensors + zones }

    private var sensors: [LaptopDocument.Temperature] {
        root.numbered("hwmon", in: "/sys/class/hwmon").flatMap { number, path in
            let chip = root.text(path + "/name") ?? "hwmon\(number)"
            return root.names(in: path).filter { $0.hasPrefix("temp") && $0.hasSuffix("_input") }.compactMap { file in
                let sensor = String(file.dropLast("_input".count))
                return degrees("\(path)/\(file)").map {
                    LaptopDocument.Temperature(
                        sensor: "\(chip) \(root.text("\(path)/\(sensor)_label") ?? sensor)", value: $0,
                        critical: degrees("\(path)/\(sensor)_crit"))
                }
            }
        }
    }

    private var zones: [LaptopDocument.Temperature] {
        root.numbered("thermal_zone", in: "/sys/class/thermal").compactMap { number, path in
            degrees(path + "/temp").map {
                LaptopDocument.Temperature(
                    sensor: "thermal_zone\(number) \(root.text(path + "/type") ?? "")", value: $0,
                    critical: root.names(in: path).filter { $0.hasPrefix("trip_point_") && $0.hasSuffix("_type") }
                        .first { root.text("\(path)/\($0)") == "critical" }
                        .flatMap { degrees("\(path)/\($0.dropLast("_type".count))_temp") })
            }
        }
    }

    /// A sensor that fails says 0, -274 or worse.
    private func degrees(_ path: String) -> Double? {
        root.integer(path).flatMap { (-60_000...250_000).contains($0) && $0 != 0 ? Double($0) / 1000 : nil }
    }

    /// arch/x86/kernel/cpu/mce/therm_throt.c.
    var throttling: LaptopDocument.Throttling? {
        let paths = root.numbered("cpu", in: "/sys/devices/system/cpu").map { $0.path + "/thermal_throttle/" }
        func highest(_ name: String) -> UInt64? {
            paths.compactMap { root.text($0 + name).flatMap { UInt64($0) } }.max()
        }
        let throttling = LaptopDocument.Throttling(
            core: highest("core_throttle_count"), package: highest("package_throttle_count"))
        return throttling.core == nil && throttling.package == nil ? nil : throttling
    }
}
