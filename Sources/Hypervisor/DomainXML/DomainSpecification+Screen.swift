import FleetModel
import FleetRuntime

extension DomainSpecification {
    /// QEMU draws with the host's OpenGL, off the screen of any.
    public var usesVirGL: Bool { demand?.graphics == .virgl && console != .none }

    /// A tablet's pointer is where the person's is.
    func writeScreen(to writer: inout XMLWriter) {
        guard console != .none, demand?.graphics != GraphicsDemand.none else { return }
        writer.element("graphics", ["type": console.rawValue]) { $0.element("listen", ["type": "none"]) }
        if usesVirGL { writer.element("graphics", ["type": "egl-headless"]) }
        writer.element("video") { writer in
            writer.element("model", ["type": "virtio"]) { writer in
                if usesVirGL { writer.element("acceleration", ["accel3d": "yes"]) }
            }
        }
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
