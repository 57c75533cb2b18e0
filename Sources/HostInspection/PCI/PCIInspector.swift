/// /sys/bus/pci and /sys/kernel/iommu_groups.
struct PCIInspector: Sendable {
    func inspect(
        _ subject: InspectionSubject, storage: StorageDocument, network: NetworkDocument
    ) -> ([PCIDevice], IOMMUDocument) {
        (
            [],
            IOMMUDocument(
                status: .unknown, evidence: [], reason: "The tree holds neither groups nor firmware tables.",
                acsOverride: false, groups: [])
        )
    }
}
