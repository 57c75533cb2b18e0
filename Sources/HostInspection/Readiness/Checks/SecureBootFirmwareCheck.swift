import FleetModel
import Placement

extension Check {
    static let secureBootFirmware = Check(
        "secure-boot-firmware", reason: "Every VM boots with UEFI, and Windows 11 wants it with Secure Boot."
    ) { facts in
        let firmware = facts.software.firmware.filter(\.isUsable)
        if let secure = firmware.first(where: \.enforcesSecureBoot) { return [.ok("\(secure.code) is there.")] }
        guard let plain = firmware.first else {
            return [
                facts.showsPrograms
                    ? .failure("There is no UEFI firmware for VMs.", fix: EquipmentFix.firmware)
                    : .unseenPrograms("UEFI firmware")
            ]
        }
        let seen = "\(plain.code) is there, and none with Secure Boot and Microsoft's keys"
        let users = facts.profiles.filter { $0.secureBoot && !$0.ownFirmware }
        return users.isEmpty
            ? [.notice(seen + ".", fix: EquipmentFix.firmware)]
            : [.failure("\(seen), as \(users.names) asks for.", fix: EquipmentFix.firmware)]
    }
}
