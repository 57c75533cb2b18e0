/// `inventory/laptop`: what makes a workstation portable, and hot.
public struct LaptopDocument: Codable, Equatable, Sendable {
    /// The chassis is a portable one, by SMBIOS type.
    public var isPortable: Bool?
}
