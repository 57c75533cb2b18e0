/// The disc by which a guest learns at its first boot who it is.
public enum Seed: String, Codable, CaseIterable, Sendable {
    case none
    /// For cloud-init, or cloudbase-init in Windows: NoCloud (https://docs.cloud-init.io, datasource NoCloud).
    case cloudInit = "cloud-init"
    /// For Windows Setup and a Windows that `sysprep /generalize` has sealed: an answer file. What cloudbase-init reads is on
    /// the disc as well.
    case unattend
}
