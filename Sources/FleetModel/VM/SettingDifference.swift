/// A setting in which a VM's definition is not what its profile makes of it.
public struct SettingDifference: Codable, Equatable, Sendable {
    /// Its place in libvirt's domain XML: `memory`, `features/hyperv/relaxed/@state`, `devices/disk[sda]/driver/@discard`.
    public var setting: String
    /// Absent when the definition says nothing of it.
    public var found: String?
    /// Absent when the profile says nothing of it.
    public var wanted: String?
    /// Whether `vm.fix` changes it. It takes no device away, and neither makes nor moves a disk.
    public var isFixable: Bool

    public init(setting: String, found: String?, wanted: String?, isFixable: Bool) {
        self.setting = setting
        self.found = found
        self.wanted = wanted
        self.isFixable = isFixable
    }
}
