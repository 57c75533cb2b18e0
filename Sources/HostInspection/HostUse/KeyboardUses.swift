import FleetModel

/// The controller that the only keyboard hangs on: without it nobody can type at the machine.
struct KeyboardUses: Sendable {
    func uses(_ root: HostRoot) -> [(PCIAddress, HostUse)] {
        let keyboards = Self.keyboards(root.text("/proc/bus/input/devices") ?? "")
        guard let first = keyboards.first, keyboards.allSatisfy({ $0.functions == first.functions }) else { return [] }
        let detail =
            keyboards.count == 1
            ? "the only keyboard, \(first.name), hangs on it"
            : "all keyboards hang on it: " + Set(keyboards.map(\.name)).sorted().joined(separator: ", ")
        return first.functions.map { ($0, HostUse(purpose: .onlyKeyboard, detail: detail)) }
    }

    struct Keyboard: Equatable {
        var name: String
        /// None for a keyboard of its own port (i8042).
        var functions: [PCIAddress]
    }

    /// Devices with a whole alphabet, as udev tells keyboards from buttons: ESC and the 30 keys after it
    /// (input-event-codes.h). Bluetooth and other virtual devices are none: nobody types on them before login.
    static func keyboards(_ text: String) -> [Keyboard] {
        text.split(separator: "\n\n").compactMap { block in
            var name = "keyboard"
            var path: Substring?
            var isHandled = false
            var keys: UInt64 = 0
            for line in block.split(separator: "\n") {
                guard let equals = line.firstIndex(of: "=") else { continue }
                let value = line[line.index(after: equals)...]
                switch line[..<equals] {
                case "N: Name": name = String(value.filter { $0 != "\"" })
                case "S: Sysfs": path = value
                case "H: Handlers": isHandled = value.split(separator: " ").contains("kbd")
                // Words of the kernel's size, the lowest last.
                case "B: KEY": keys = value.split(separator: " ").last.flatMap { UInt64($0, radix: 16) } ?? 0
                default: break
                }
            }
            guard isHandled, keys & 0xffff_fffe == 0xffff_fffe, let path, !path.hasPrefix("/devices/virtual/") else {
                return nil
            }
            return Keyboard(name: name, functions: HostRoot.pciFunctions(in: String(path)))
        }
    }
}
