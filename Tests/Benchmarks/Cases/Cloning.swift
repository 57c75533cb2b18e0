import FleetTestSupport

/// A clone of a 20 GiB image to a defined VM, by overlay and by reflink, beside what does the same by hand, in turns on one
/// libvirt. "On the host" is from the agent's first step to its last, journal included.
struct Cloning: Benchmark {
    static let name = "clone"
    static let summary = "clone by overlay and by reflink beside qemu-img, cp --reflink and virt-clone"
    private static let iterations = 4
    /// What of the image holds data: a reflink takes longer the more of it there is, an overlay does not.
    private static let dataMiB = 2048

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let overlay = try await measure(below: "/tmp", context) { site, label in
            ["qemu-img create; virsh define": try await site.overlayByHand(label)]
        }
        let xfs = try await ReflinkFileSystem(bytes: 48 << 30)
        let reflink = try await measure(below: xfs.path, context) { site, label in
            [
                "cp --reflink; virsh define": try await site.reflinkByHand(label),
                "virt-clone": try await site.virtClone("\(label)-v"),
            ]
        }
        return figures("clone by overlay to defined VM, on the host", overlay)
            + figures("clone by reflink to defined VM, on the host", reflink)
    }

    /// Of each run, the medians in milliseconds: ours, and by what it is compared with.
    private typealias Run = (ours: Double, theirs: [String: Double])

    private func measure(
        below parent: String, _ context: BenchmarkContext,
        _ byHand: (ClonedSite, String) async throws -> [String: Double]
    ) async throws -> [Run] {
        let site = try await ClonedSite(below: parent, dataMiB: Self.dataMiB, context)
        // The first one fetches the image.
        try await site.job("vm", "clone", "blank:1", "first", "--profile", "idle", "--host", "host-0", "--no-start")
        var runs: [Run] = []
        for run in 1...context.runs {
            var ours: [Double] = []
            var theirs: [String: [Double]] = [:]
            for iteration in 0..<Self.iterations {
                let label = "\(run)-\(iteration)"
                let clone = try await site.job(
                    "vm", "clone", "blank:1", "c-\(label)", "--profile", "idle", "--host", "host-0", "--no-start")
                ours.append(clone.onHost)
                for (name, time) in try await byHand(site, label) { theirs[name, default: []].append(time) }
                try await site.job("vm", "delete", "c-\(label)", "--yes")
            }
            runs.append((ours.median, theirs.mapValues(\.median)))
            context.say("run \(run) of \(context.runs), below \(parent)")
        }
        await site.close()
        return runs
    }

    private func figures(_ name: String, _ runs: [Run]) -> [Measurement] {
        (runs.first?.theirs.keys.sorted() ?? []).map { direct in
            Measurement(
                name, runs.map(\.ours), unit: "ms", versus: direct, reference: runs.compactMap { $0.theirs[direct] }
            ).goal("≤ 1.2×") { $0.ratio ?? .infinity <= 1.2 }
        }
    }
}
