import FleetModel

/// The display of a server's management controller: its remote console shows what this one shows.
struct ManagementControllerUses: Sendable {
    /// Displays that exist on management controllers only (ast, mgag200 and hibmc drivers of Linux; pci.ids).
    private static let displays: [String: (name: String, devices: Set<String>?)] = [
        "1a03": ("ASPEED", nil),
        "102b": ("Matrox G200", ["0522", "0524", "0530", "0532", "0533", "0534", "0536", "0538", "053a"]),
        "19e5": ("HiSilicon Hibmc", ["1711"]),
        "18ca": ("XGI Volari", ["0020", "0021"]),
    ]

    func uses(_ root: HostRoot) -> [(PCIAddress, HostUse)] {
        root.names(in: "/sys/bus/pci/devices").compactMap { name in
            let path = "/sys/bus/pci/devices/" + name
            guard let address = PCIAddress(name), root.text(path + "/class")?.hasPrefix("0x03") == true,
                let display = root.text(path + "/vendor").flatMap({ Self.displays[String($0.dropFirst(2))] }),
                let device = root.text(path + "/device"), display.devices?.contains(String(device.dropFirst(2))) ?? true
            else { return nil }
            return (
                address,
                HostUse(
                    purpose: .managementController,
                    detail:
                        "it is the display of the management controller (\(display.name)), which the remote console shows"
                )
            )
        }
    }
}
