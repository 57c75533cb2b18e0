import FleetModel

extension TemplateSeal {
    /// Where a VM of the profile would not be what the system was sealed for, a sentence each, with both sides.
    public func contradictions(to profile: Profile) -> [String] {
        var found: [String] = []
        func compare<Value: Equatable>(_ key: String, _ wanted: Value?, _ given: Value) {
            if let wanted, wanted != given { found.append("\(key) is \(given), and it was sealed with \(wanted)") }
        }
        func require(_ key: String, _ least: Int?, _ given: Int) {
            if let least, given < least { found.append("\(key) is \(given), and it needs \(least)") }
        }
        compare("guestOS", guestOS?.rawValue, profile.guestOS.rawValue)
        compare("secureBoot", secureBoot, profile.secureBoot)
        compare("tpm", tpm, profile.tpm)
        compare("diskBus", diskBus?.rawValue, profile.diskBus.rawValue)
        require("memoryMiB", memoryMiB, profile.memoryMiB)
        require("vcpus", vcpus, profile.vcpus)
        return found
    }
}
