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

    func uses(_ devices: [PCIDevice]) -> [(PCIAddress, HostUse)] {
        devices.compactMap { device in
            guard device.deviceClass?.isDisplay == true, let display = device.vendor.flatMap({ Self.displays[$0] }),
                let id = device.device, display.devices?.contains(id) ?? true
            else { return nil }
            let detail =
                "it is the display of the management controller (\(display.name)), which the remote console shows"
            return (device.address, HostUse(purpose: .managementController, detail: detail))
        }
    }
}
