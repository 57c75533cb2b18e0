/// A UEFI firmware for VMs, as its QEMU firmware descriptor tells (docs/interop/firmware.json of QEMU), or by its
/// file's name where there is none.
public struct GuestFirmware: Codable, Equatable, Sendable {
    /// The descriptor's name, `60-edk2-x86_64.json`; absent when the file was found by itself.
    public var descriptor: String?
    /// The firmware's code.
    public var code: String
    /// The template of its variables.
    public var variables: String?
    /// It can enforce Secure Boot.
    public var secureBoot: Bool
    /// Microsoft's keys are enrolled in the template.
    public var enrolledKeys: Bool
    /// The files are there.
    public var present: Bool

    public init(
        descriptor: String? = nil, code: String, variables: String?, secureBoot: Bool, enrolledKeys: Bool, present: Bool
    ) {
        self.descriptor = descriptor
        self.code = code
        self.variables = variables
        self.secureBoot = secureBoot
        self.enrolledKeys = enrolledKeys
        self.present = present
    }

    /// Virtfleet gives each VM variables of its own, so there must be a template.
    public var isUsable: Bool { present && variables != nil }

    public var enforcesSecureBoot: Bool { isUsable && secureBoot && enrolledKeys }
}
