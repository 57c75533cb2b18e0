import FleetModel
import FoundationEssentials
import Signing

/// What makes a clone itself, all of it derived from the job that made it: whoever knows the job recognises the VM.
public struct CloneIdentity: Sendable {
    private static let namespace = UUID(uuidString: "7c1d8f2e-53b0-4b0f-9a6c-0d4f8f6a1e57")!

    public let job: JobID

    public init(job: JobID) { self.job = job }

    public var vm: VMID { VMID(UUID(version5: job.description, namespace: Self.namespace)) }

    /// The generation ID, by which Windows notices that it is a copy.
    public var genID: UUID { UUID(version5: "genid/\(job)", namespace: Self.namespace) }

    /// Locally administered, unicast, with 46 bits of SHA-256(job ID ‖ NIC index): unique in the fleet.
    public func mac(nic: Int) -> MACAddress {
        let digest = SHA256Hasher.digest(of: Array("\(job)\(nic)".utf8)).description
        var bytes = (0..<6).map { index in
            let start = digest.index(digest.startIndex, offsetBy: 2 * index)
            return UInt8(digest[start..<digest.index(start, offsetBy: 2)], radix: 16) ?? 0
        }
        bytes[0] = bytes[0] & 0b1111_1100 | 0b10
        return MACAddress(bytes: bytes)!
    }
}
