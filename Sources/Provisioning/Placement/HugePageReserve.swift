import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc

/// Makes huge pages for VMs that start, and gives them back when they are free again
/// (Documentation/admin-guide/mm/hugetlbpage.rst). What others have reserved stays: before the first page is made, how
/// many there were is written down, in /run, which is as new after a boot as the pages are.
struct HugePageReserve: Sendable {
    /// How many pages of a node were reserved before the agent made more.
    private struct Baseline: Codable {
        var node: Int
        var sizeBytes: UInt64
        var count: UInt64
    }

    let facilities: HostFacilities

    private var record: String { facilities.root + "/run/virtfleet-agent/huge-pages.json" }

    /// Makes all of them, or none.
    /// - Throws: `JobProblem` where the kernel finds too little memory in one piece, `FileError`.
    func make(_ reservations: [HugePageReservation]) throws {
        for (place, reservation) in reservations.enumerated() {
            do {
                try make(reservation)
            } catch {
                if place > 0 { try giveBack() }
                throw error
            }
        }
    }

    private func make(_ reservation: HugePageReservation) throws {
        let pool = pool(reservation.node, reservation.sizeBytes)
        guard let before = number(pool + "/nr_hugepages") else {
            throw FileError("read", pool + "/nr_hugepages", code: ENOENT)
        }
        var baselines = baselines
        if !baselines.contains(where: { $0.node == reservation.node && $0.sizeBytes == reservation.sizeBytes }) {
            baselines.append(Baseline(node: reservation.node, sizeBytes: reservation.sizeBytes, count: before))
            try write(baselines)
        }
        let wanted = before + reservation.count
        try facilities.set(pool + "/nr_hugepages", String(wanted))
        if count(in: pool) < wanted {
            // The kernel moves memory together where it can, and finds more pages in one piece.
            try facilities.set(facilities.root + "/sys/devices/system/node/node\(reservation.node)/compact", "1")
            try facilities.set(pool + "/nr_hugepages", String(wanted))
        }
        let made = count(in: pool)
        guard made < wanted else { return }
        try giveBack()
        throw JobProblem(
            "no-huge-pages",
            "the kernel made \(made - min(made, before)) of \(reservation.count) pages of "
                + "\(HumanText.bytes(reservation.sizeBytes)) on node \(reservation.node): memory is in pieces that are too "
                + "small; close programs and repeat the job, or reserve them at boot "
                + "(hugepagesz=\(reservation.sizeBytes >> 20)M hugepages=\(wanted))")
    }

    /// Gives back the pages that are free and were made here.
    func giveBack() throws {
        let known = baselines
        guard !known.isEmpty else { return }
        var left: [Baseline] = []
        for baseline in known {
            let pool = pool(baseline.node, baseline.sizeBytes)
            let free = number(pool + "/free_hugepages") ?? 0
            let now = count(in: pool)
            let target = max(baseline.count, now - min(now, free))
            if target < now { try facilities.set(pool + "/nr_hugepages", String(target)) }
            if target > baseline.count { left.append(baseline) }
        }
        try write(left)
    }

    private func pool(_ node: Int, _ sizeBytes: UInt64) -> String {
        "\(facilities.root)/sys/devices/system/node/node\(node)/hugepages/hugepages-\(sizeBytes >> 10)kB"
    }

    private func count(in pool: String) -> UInt64 { number(pool + "/nr_hugepages") ?? 0 }

    private func number(_ path: String) -> UInt64? {
        FileManager.default.contents(atPath: path)
            .flatMap { UInt64(String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace }) }
    }

    private var baselines: [Baseline] {
        FileManager.default.contents(atPath: record).flatMap { try? FleetJSON.decode([Baseline].self, from: $0) } ?? []
    }

    private func write(_ baselines: [Baseline]) throws {
        try DurableFile.makeDirectory(facilities.root + "/run/virtfleet-agent", mode: 0o755)
        try DurableFile.replace(record, with: FleetJSON.encode(baselines), mode: 0o600)
    }
}
