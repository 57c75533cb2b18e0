/// UEFI firmware: code that all VMs share, and the variable store that each VM gets a copy of.
public struct FirmwareFiles: Codable, Equatable, Sendable {
    public var code: String
    public var variables: String

    public init(code: String, variables: String) {
        self.code = code
        self.variables = variables
    }
}
