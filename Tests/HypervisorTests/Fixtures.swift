import FleetModel
import FoundationEssentials
import Hypervisor

enum Fixtures {
    static let origin = VMDocument.Origin(
        job: JobID("01JD4Q2V7ZC8M3E0S5RKXW9TPA")!, template: Digest(String(repeating: "ab", count: 32))!,
        profile: "windows11", profileVersion: 3)

    /// A VM that a translated QEMU can start: its firmware finds nothing to boot and waits.
    static func guest(
        _ name: String = "vm-1", id: VMID = .random(), files: String, tpm: Bool = false
    ) -> DomainSpecification {
        DomainSpecification(
            name: name, id: id, memoryBytes: 128 << 20, vcpus: 1, genID: UUID(), accelerator: .tcg,
            firmware: DomainSpecification.Firmware(
                loaderPath: "/usr/share/OVMF/OVMF_CODE_4M.fd", nvramPath: "\(files)/\(name)_VARS.fd",
                nvramTemplatePath: "/usr/share/OVMF/OVMF_VARS_4M.fd", secureBoot: false),
            tpm: tpm, disks: [],
            networks: [DomainSpecification.Network(mac: MACAddress("52:54:00:12:34:56")!, kind: .user)],
            origin: origin)
    }
}
