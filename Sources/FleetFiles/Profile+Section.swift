import Configuration
import FleetModel
import Placement

extension Profile: FleetDocument {
    public func validate(_ check: SectionCheck) {
        check.range("memoryMiB", memoryMiB, 64...16 << 20)
        if let maximumMemoryMiB, memoryMiB < 16 << 20 {
            check.range("maximumMemoryMiB", maximumMemoryMiB, memoryMiB...16 << 20)
        }
        check.range("vcpus", vcpus, 1...4096)
        if let weight { check.range("weight", weight, 1...VMDemand.maximumWeight) }
        if hostDevices.contains(where: \.isEmpty) {
            check.problem("hostDevices", "expected role, class, id or portPath for each device, got none of them")
        }
        if Set(usbDevices).count < usbDevices.count {
            check.problem("usbDevices", "expected each device once; two of one kind cannot be told apart")
        }
        if let topology, topology.vcpus != vcpus {
            check.problem(
                "topology", "expected sockets x dies x cores x threads to be vcpus, \(vcpus), got \(topology.vcpus)")
        }
        if hostDevices.contains(where: { $0.mac != nil }) {
            check.problem("hostDevices", "a mac is a VM's own; use a network 'sriov:ID' for a network card")
        }
        if hostDevices.contains(where: { $0.mdevType != nil && $0.virtualFunction }) {
            check.problem("hostDevices", "expected either virtualFunction or mdevType for a device, got both")
        }
        if graphics == .virgl, guestOS == .windows {
            check.problem("graphics", "expected another than virgl, which has no driver for Windows")
        }
        if graphics == .virgl, console == .none {
            check.problem("graphics", "virgl draws on a console; set console to vnc or spice")
        }
        if graphics == .none, console != .none {
            check.problem(
                "graphics", "without graphics a console shows nothing; set console to none, or graphics to virtio")
        }
        check.range("ioThreads", ioThreads, 0...16)
        check.range("freeDiskMiB", freeDiskMiB, 0...1 << 30)
        if let discardGranularityKiB {
            check.range("discardGranularityKiB", discardGranularityKiB, 4...1024)
            if discardGranularityKiB.nonzeroBitCount != 1 {
                check.problem("discardGranularityKiB", "expected a power of two, got \(discardGranularityKiB)")
            }
        }
        if diskBus == .sata, hostDisks.contains(where: \.readOnly) {
            check.problem("diskBus", "expected scsi or virtio, as a sata disk cannot be read-only")
        }
        if hostDisks.count > 3 { check.problem("hostDisks", "expected at most 3, got \(hostDisks.count)") }
        for obstacle in hostDisks.compactMap(\.obstacle) { check.problem("hostDisks", obstacle) }
        validateShares(check)
        check.range("usbRedirections", usbRedirections, 0...8)
        if webDAV, console != .spice { check.problem("webDAV", "expected console: spice, which it goes through") }
        if let dataDiskGiB { check.range("dataDiskGiB", dataDiskGiB, 1...64 << 10) }
        if let keepOldSystemDays { check.range("keepOldSystemDays", keepOldSystemDays, 1...3650) }
        if let guestAgentTimeoutSeconds {
            check.range("guestAgentTimeoutSeconds", guestAgentTimeoutSeconds, 1...86_400)
        }
        checkGuestCommands(check)
        checkSeed(check)
    }

    /// It travels in every job, and lies in the VM's definition.
    private static let longestSeedText = 16 << 10

    private func checkSeed(_ check: SectionCheck) {
        let texts = [
            ("seedUserData", seedUserData, [Seed.cloudInit, .unattend]),
            ("seedNetworkConfig", seedNetworkConfig, [.cloudInit]),
            ("seedUnattend", seedUnattend, [.unattend]),
        ]
        for case (let key, let text?, let seeds) in texts {
            if !(1...Self.longestSeedText).contains(text.utf8.count) {
                check.problem(key, "expected a text of at most \(Self.longestSeedText) bytes, got \(text.utf8.count)")
            }
            if !seeds.contains(seed) {
                check.problem(
                    key,
                    "has no effect with seed: \(seed.rawValue), only with \(seeds.map(\.rawValue).joined(separator: " or "))"
                )
            }
        }
        if let seedUserData, !seedUserData.hasPrefix("#"), !seedUserData.hasPrefix("Content-Type:") {
            check.problem(
                "seedUserData", "expected #cloud-config, #! or Content-Type: at its start, or nobody reads it")
        }
        if !seedHostName.contains("{vm}") {
            check.problem("seedHostName", "expected {vm} in it, or all VMs of a host would have one name")
        }
        if seed == .unattend, guestOS != .windows {
            check.problem("seed", "unattend is for guestOS: windows; a Linux guest reads cloud-init")
        }
    }

    private func validateShares(_ check: SectionCheck) {
        for share in shares {
            if !share.directory.hasPrefix("/") {
                check.problem("shares", "expected a directory that begins with /, got '\(share.directory)'")
            }
            if !(1...36).contains(share.tag.utf8.count) {
                check.problem("shares", "expected a tag of 1 to 36 bytes, got '\(share.tag)'")
            }
        }
        if Set(shares.map(\.tag)).count < shares.count {
            check.problem("shares", "expected another tag for each share")
        }
    }
}
