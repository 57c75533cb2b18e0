import FleetModel
import HostInspection
import Placement

extension ProfileNeeds {
    public init(_ name: ResourceName, _ profile: Profile) {
        let bridge: String? = if case .bridge(let name) = profile.network { name } else { nil }
        self.init(
            name: name, memoryBytes: UInt64(clamping: profile.memoryMiB) << 20, vcpus: profile.vcpus,
            secureBoot: profile.secureBoot, tpm: profile.tpm, ownFirmware: profile.firmware != nil, bridge: bridge,
            freeDiskBytes: UInt64(clamping: profile.freeDiskMiB) << 20)
    }
}
