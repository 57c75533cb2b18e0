import FleetRuntime
import Placement

extension FirmwareFiles {
    /// Where distributions put OVMF, the best first.
    static func candidates(secureBoot: Bool) -> [FirmwareFiles] {
        let debian = "/usr/share/OVMF"
        let fedora = "/usr/share/edk2/ovmf"
        return secureBoot
            ? [
                FirmwareFiles(code: "\(debian)/OVMF_CODE_4M.ms.fd", variables: "\(debian)/OVMF_VARS_4M.ms.fd"),
                FirmwareFiles(code: "\(debian)/OVMF_CODE.ms.fd", variables: "\(debian)/OVMF_VARS.ms.fd"),
                FirmwareFiles(code: "\(fedora)/OVMF_CODE.secboot.fd", variables: "\(fedora)/OVMF_VARS.secboot.fd"),
            ]
            : [
                FirmwareFiles(code: "\(debian)/OVMF_CODE_4M.fd", variables: "\(debian)/OVMF_VARS_4M.fd"),
                FirmwareFiles(code: "\(debian)/OVMF_CODE.fd", variables: "\(debian)/OVMF_VARS.fd"),
                FirmwareFiles(code: "\(fedora)/OVMF_CODE.fd", variables: "\(fedora)/OVMF_VARS.fd"),
            ]
    }
}

extension Profile {
    /// The first firmware of which both files are there, as paths below `root`.
    func findFirmware(root: String) throws(JobProblem) -> FirmwareFiles {
        let candidates = (firmware.map { [$0] } ?? FirmwareFiles.candidates(secureBoot: secureBoot))
            .map { FirmwareFiles(code: root + $0.code, variables: root + $0.variables) }
        if let found = candidates.first(where: {
            DurableFile.exists($0.code) && DurableFile.exists($0.variables)
        }) {
            return found
        }
        let looked = candidates.map(\.code).joined(separator: ", ")
        throw JobProblem(
            "no-firmware",
            "there is no UEFI firmware\(secureBoot ? " with Secure Boot" : "") (looked for \(looked)); "
                + "install ovmf (Debian) or edk2-ovmf (Fedora)")
    }
}
