import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc

/// Makes virtual functions for VMs that start, and takes them away when nobody uses them any more
/// (Documentation/PCI/pci-iov-howto.rst). Those that others have made are never changed: only a physical function without any
/// gets some, and before that it is written down, in /run, which is as new after a boot as the functions are.
struct VirtualFunctionPool: Sendable {
    /// A physical function that has got some.
    private struct Made: Codable {
        var physicalFunction: PCIAddress
        var count: Int
        /// `sriov_drivers_autoprobe` before.
        var autoprobe: String?
    }

    let facilities: HostFacilities

    private var record: String { facilities.root + "/run/virtfleet-agent/virtual-functions.json" }

    /// - Throws: `JobProblem` where somebody else was faster, or the driver makes none; `FileError`.
    func make(_ reservations: [VirtualFunctionReservation]) throws {
        for reservation in reservations { try make(reservation) }
    }

    private func make(_ reservation: VirtualFunctionReservation) throws {
        let (physical, count) = (reservation.physicalFunction, reservation.count)
        let most = number(physical, "sriov_totalvfs") ?? 0
        guard number(physical, "sriov_numvfs") == 0, count <= most else {
            throw JobProblem(
                "virtual-functions-changed",
                "\(physical) has \(number(physical, "sriov_numvfs") ?? 0) virtual functions by now, of \(most) that it can "
                    + "have: somebody else has changed that; repeat the job")
        }
        let known = made
        // Of an agent that died before it had made any, what was before is known already.
        let autoprobe =
            known.first { $0.physicalFunction == physical }?.autoprobe ?? text(physical, "sriov_drivers_autoprobe")
        try write(
            known.filter { $0.physicalFunction != physical }
                + [Made(physicalFunction: physical, count: count, autoprobe: autoprobe)])
        // Else the host's drivers take them first.
        try facilities.set(path(physical, "sriov_drivers_autoprobe"), "0")
        do {
            try facilities.set(path(physical, "sriov_numvfs"), String(count))
        } catch {
            try giveBack()
            throw JobProblem(
                "no-virtual-functions",
                "the driver of \(physical) makes no \(count) virtual functions (\(error)); look at what the kernel's log says "
                    + "about \(physical)")
        }
    }

    /// Takes away what was made here, where no driver has any of it: VFIO's has those of VMs that run.
    func giveBack() throws {
        let known = made
        guard !known.isEmpty else { return }
        var left: [Made] = []
        for pool in known {
            let now = number(pool.physicalFunction, "sriov_numvfs")
            if now == pool.count, isInUse(pool) {
                left.append(pool)
                continue
            }
            // Others have changed the number since: those are theirs.
            guard now == pool.count || now == 0 else { continue }
            if now != 0 { try facilities.set(path(pool.physicalFunction, "sriov_numvfs"), "0") }
            if let before = pool.autoprobe {
                try facilities.set(path(pool.physicalFunction, "sriov_drivers_autoprobe"), before)
            }
        }
        try write(left)
    }

    private func isInUse(_ pool: Made) -> Bool {
        (0..<pool.count).contains { DurableFile.exists(path(pool.physicalFunction, "virtfn\($0)/driver")) }
    }

    private func path(_ function: PCIAddress, _ file: String) -> String {
        "\(facilities.root)/sys/bus/pci/devices/\(function)/\(file)"
    }

    private func text(_ function: PCIAddress, _ file: String) -> String? {
        FileManager.default.contents(atPath: path(function, file))
            .map { String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace } }
    }

    private func number(_ function: PCIAddress, _ file: String) -> Int? { text(function, file).flatMap { Int($0) } }

    private var made: [Made] {
        FileManager.default.contents(atPath: record).flatMap { try? FleetJSON.decode([Made].self, from: $0) } ?? []
    }

    private func write(_ made: [Made]) throws {
        try DurableFile.makeDirectory(facilities.root + "/run/virtfleet-agent", mode: 0o755)
        try DurableFile.replace(record, with: FleetJSON.encode(made), mode: 0o600)
    }
}
