/// /sys/class/dmi/id, /sys/class/power_supply, /sys/firmware/acpi, ACPI's buttons.
struct LaptopInspector: Sendable {
    /// Portable, laptop, notebook, hand held, sub notebook, tablet, convertible, detachable (SMBIOS, 7.4.1).
    private static let portableTypes: Set = [8, 9, 10, 11, 14, 30, 31, 32]

    func inspect(_ subject: InspectionSubject) -> LaptopDocument {
        let (root, momentary) = (subject.root, subject.includesMomentary)
        let chassis = root.integer("/sys/class/dmi/id/chassis_type")
        let lid = lidState(root)
        var document = LaptopDocument(
            isPortable: chassis.map(Self.portableTypes.contains), chassisType: chassis,
            vendor: root.text("/sys/class/dmi/id/sys_vendor"), product: root.text("/sys/class/dmi/id/product_name"),
            productVersion: root.text("/sys/class/dmi/id/product_version"),
            batteries: PowerSupplies(root).batteries(momentary: momentary),
            hasLid: lid.isPresent ? true : chassis.map { _ in false }, powerProfile: powerProfile(root))
        if momentary {
            document.isOnMains = PowerSupplies(root).isOnMains
            document.isLidOpen = lid.isOpen
            document.temperatures = Thermals(root).temperatures
            document.throttling = Thermals(root).throttling
        }
        return document
    }

    /// ACPI's device PNP0C0D, and the driver's file.
    private func lidState(_ root: HostRoot) -> (isPresent: Bool, isOpen: Bool?) {
        let buttons = root.names(in: "/proc/acpi/button/lid")
        let states = buttons.compactMap { root.text("/proc/acpi/button/lid/\($0)/state") }
        let isPresent =
            !buttons.isEmpty
            || root.names(in: "/sys/bus/acpi/devices").contains { $0.hasPrefix("PNP0C0D:") }
        return (isPresent, states.isEmpty ? nil : states.contains { $0.hasSuffix("open") })
    }

    /// Documentation/ABI/testing/sysfs-platform_profile.
    private func powerProfile(_ root: HostRoot) -> LaptopDocument.PowerProfile? {
        root.text("/sys/firmware/acpi/platform_profile").map { current in
            let choices = root.text("/sys/firmware/acpi/platform_profile_choices") ?? ""
            return LaptopDocument.PowerProfile(
                current: current, choices: choices.split(separator: " ").map(String.init))
        }
    }
}
