import FleetModel
import Signing

/// A host's right to fetch images: `<host ID>.<secret>`; the store keeps the secret's hash.
struct ImageToken: Sendable {
    let host: HostID
    let hash: String

    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let host = HostID(String(parts[0])) else { return nil }
        self.host = host
        hash = APIAccess.hash(String(parts[1]))
    }
}
