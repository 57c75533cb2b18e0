import FleetModel

@testable import HostInspection

/// A PCI function for tests that need no tree.
func device(
    _ place: String, _ kind: String, group: Int? = nil, ids: String? = nil, driver: String? = nil,
    parent: String? = nil, _ more: (inout PCIDevice) -> Void = { _ in }
) throws -> PCIDevice {
    var device = PCIDevice(address: try address(place), passthrough: .unjudged)
    device.deviceClass = PCIClass(kind)
    device.iommuGroup = group
    device.vendor = ids.map { String($0.prefix(4)) }
    device.device = ids.map { String($0.suffix(4)) }
    device.driver = driver
    device.parent = try parent.map { try address($0) }
    if kind.hasPrefix("03") { device.gpu = GPU(role: kind == "0302" ? .renderOnly : .candidate, reason: "") }
    more(&device)
    return device
}

extension [PCIDevice] {
    /// With their verdicts, by address without domain.
    func judged(_ iommu: IOMMUDocument = .on) -> [String: PCIDevice] {
        var devices = self
        PassthroughJudge(iommu: iommu).judge(&devices)
        return Dictionary(devices.map { (String($0.address.description.dropFirst(5)), $0) }) { first, _ in first }
    }
}

extension PCIDevice {
    /// `not-separable 00:14.2`.
    var verdict: String {
        ([passthrough.verdict.rawValue] + passthrough.with.map { String($0.description.dropFirst(5)) })
            .joined(separator: " ")
    }
}

extension IOMMUDocument {
    static let on = IOMMUDocument(
        status: .enabled, evidence: [], reason: "It is on.", acsOverride: false, groups: [])
}
