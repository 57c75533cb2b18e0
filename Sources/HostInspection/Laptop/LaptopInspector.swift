/// /sys/class/dmi/id, /sys/class/power_supply, /sys/class/thermal, ACPI buttons.
struct LaptopInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> LaptopDocument { LaptopDocument(isPortable: nil) }
}
