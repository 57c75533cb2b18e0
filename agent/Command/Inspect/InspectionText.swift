import CommandLineKit
import Drawing
import FleetModel
import HostInspection

/// An inspection as people read it: the machine in a few lines, pictures of its processor and its IOMMU groups, the
/// devices with the reasons, what readiness found, and what could not be seen.
struct InspectionText {
    /// Where nobody said how wide it may be.
    private static let usualWidth = 100

    private let stream: Console.Stream
    private let ascii: Bool

    init(_ stream: Console.Stream, ascii: Bool) {
        self.stream = stream
        self.ascii = ascii
    }

    func text(_ inspection: Inspection) throws -> String {
        let parts = [
            try render(Inspection.presentation, .one(inspection)),
            inspection.cpu.threadList.isEmpty ? "" : draw(inspection.topologyPicture),
            inspection.pci.isEmpty ? "" : draw(inspection.groupPicture),
            try render(PCIDevice.presentation, .list(inspection.pci.filter { $0.deviceClass?.base != "06" })),
            try render(Finding.presentation, .list(inspection.readiness.findings)),
            try render(ProfileFit.presentation, .list(inspection.readiness.profiles)),
            try render(Inspection.Limitation.presentation, .list(inspection.limitations)),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func draw(_ picture: Panel) -> String {
        picture.text(width: stream.width ?? Self.usualWidth, ascii: ascii, usesColor: stream.usesColor)
    }

    private func render<Item>(_ presentation: Presentation<Item>, _ content: Renderer<Item>.Content) throws -> String {
        var renderer = Renderer(
            presentation, format: .table, width: stream.width, usesColor: stream.usesColor)
        return try renderer.text(content)
    }
}
