/// What runs in a VM, as far as its definition depends on it.
public enum GuestOS: String, Codable, CaseIterable, Sendable {
    case linux, windows
}
