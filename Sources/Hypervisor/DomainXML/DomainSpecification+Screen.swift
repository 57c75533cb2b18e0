import FleetModel
import FleetRuntime

extension DomainSpecification {
    /// A tablet's pointer is where the person's is.
    func writeScreen(to writer: inout XMLWriter) {
        guard console != .none else { return }
        writer.element("graphics", ["type": console.rawValue]) { $0.element("listen", ["type": "none"]) }
        writer.element("video") { $0.element("model", ["type": "virtio"]) }
        writer.element("controller", ["type": "usb", "model": "qemu-xhci"])
        writer.element("input", ["type": "tablet", "bus": "usb"])
        if console == .spice { writeSpice(to: &writer) }
    }

    private func writeSpice(to writer: inout XMLWriter) {
        writer.element("channel", ["type": "spicevmc"]) { writer in
            writer.element("target", ["type": "virtio", "name": "com.redhat.spice.0"])
        }
        if webDAV {
            let name = "org.spice-space.webdav.0"
            writer.element("channel", ["type": "spiceport"]) { writer in
                writer.element("source", ["channel": name])
                writer.element("target", ["type": "virtio", "name": name])
            }
        }
        writer.element("sound", ["model": "ich9"])
        for _ in 0..<usbRedirections { writer.element("redirdev", ["bus": "usb", "type": "spicevmc"]) }
    }
}
