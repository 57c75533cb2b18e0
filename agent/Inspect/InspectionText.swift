import CommandLineKit
import HostInspection

/// An inspection as people read it: the machine in a few lines, then its devices, what readiness found, and what could
/// not be seen.
struct InspectionText {
    private let stream: Console.Stream

    init(_ stream: Console.Stream) { self.stream = stream }

    func text(_ inspection: Inspection) throws -> String {
        let parts = [
            try render(Inspection.presentation, .one(inspection)),
            try render(PCIDevice.presentation, .list(inspection.pci)),
            try render(Finding.presentation, .list(inspection.readiness.findings)),
            try render(ProfileFit.presentation, .list(inspection.readiness.profiles)),
            try render(Inspection.Limitation.presentation, .list(inspection.limitations)),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func render<Item>(_ presentation: Presentation<Item>, _ content: Renderer<Item>.Content) throws -> String {
        var renderer = Renderer(
            presentation, format: .table, width: stream.width, usesColor: stream.usesColor)
        return try renderer.text(content)
    }
}
