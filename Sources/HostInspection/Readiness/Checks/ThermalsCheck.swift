extension Check {
    /// Degrees below the point where the machine protects itself.
    private static let margin = 5.0
    /// Where a sensor does not name that point.
    private static let hot = 95.0

    static let thermals = Check(
        "thermals", reason: "A processor that is too hot slows down, and all VMs with it."
    ) { facts in
        let laptop = facts.laptop
        guard !laptop.temperatures.isEmpty || laptop.throttling != nil else {
            return [
                .unknown(
                    "No temperatures can be seen.",
                    shownBy: "They are told by /sys/class/hwmon and /sys/class/thermal, where there are sensors.")
            ]
        }
        let tooHot = laptop.temperatures.filter {
            $0.value >= ($0.critical.map { $0 > margin ? $0 - margin : hot } ?? hot) && (0..<200).contains($0.value)
        }
        guard tooHot.isEmpty else {
            let sensors = tooHot.map { sensor in
                facts.quotesMomentary ? "\(sensor.sensor) (\(Int(sensor.value)) °C)" : sensor.sensor
            }
            return [.warning("Near the limit: \(sensors.joined(separator: ", ")).", fix: thermalsFix)]
        }
        let slowed = max(laptop.throttling?.core ?? 0, laptop.throttling?.package ?? 0)
        guard slowed == 0 else {
            let count = facts.quotesMomentary ? "\(slowed) times" : "at least once"
            return [.notice("Since its start the processor slowed down \(count) to cool.", fix: thermalsFix)]
        }
        return [.ok("The machine is cool enough.")]
    }

    private static let thermalsFix =
        "Clean the fans, leave air below a laptop, choose the power profile 'balanced', and give VMs fewer processors."
}
