import FleetModel

/// /proc/cpuinfo, /sys/devices/system/cpu and hwloc; /dev/kvm is asked elsewhere.
struct CPUInspector: Sendable {
    let processor: FirstProcessor

    func inspect(_ subject: InspectionSubject) -> CPUDocument {
        let root = subject.root
        let (fields, flags) = (processor.fields, processor.flags)
        let topology = HardwareTopology(root)
        let threads = onNodes(ThreadTable(root).threads, topology?.nodes ?? [])
        let cores = Set(threads.map(\.core))
        return CPUDocument(
            vendor: processor.vendor, model: fields["model name"], family: fields["cpu family"].flatMap { Int($0) },
            modelNumber: fields["model"].flatMap { Int($0) }, stepping: fields["stepping"].flatMap { Int($0) },
            microcode: fields["microcode"],
            sockets: threads.isEmpty ? nil : Set(threads.map(\.package)).count,
            cores: threads.isEmpty ? nil : cores.count, threads: threads.isEmpty ? nil : threads.count,
            virtualisation: ["vmx", "svm"].first { flags.contains($0[...]) },
            nestedPaging: flags.isEmpty ? nil : flags.contains("ept") || flags.contains("npt"), nested: nested(root),
            isGuest: processor.isGuest, frequency: frequency(root, threads), threadList: threads,
            caches: topology?.caches ?? [], nodes: topology?.nodes ?? [], coreKinds: topology?.kinds ?? [])
    }

    private func onNodes(_ threads: [CPUDocument.Thread], _ nodes: [CPUDocument.Node]) -> [CPUDocument.Thread] {
        let node = Dictionary(nodes.flatMap { node in node.threads.map { ($0, node.id) } }) { first, _ in first }
        return threads.map { thread in
            var thread = thread
            thread.node = node[thread.id]
            return thread
        }
    }

    private func nested(_ root: HostRoot) -> Bool? {
        ["kvm_intel", "kvm_amd"].firstResult { root.text("/sys/module/\($0)/parameters/nested") }
            .map { $0 == "Y" || $0 == "1" }
    }

    /// Documentation/admin-guide/pm/cpufreq.rst.
    private func frequency(_ root: HostRoot, _ threads: [CPUDocument.Thread]) -> CPUDocument.Frequency? {
        let directory = "/sys/devices/system/cpu"
        guard let first = threads.map({ "\(directory)/cpu\($0.id)/cpufreq" }).first(where: root.exists) else {
            return nil
        }
        let boost =
            root.integer(directory + "/cpufreq/boost").map { $0 == 1 }
            ?? root.integer(directory + "/intel_pstate/no_turbo").map { $0 == 0 }
        return CPUDocument.Frequency(
            driver: root.text(first + "/scaling_driver"), governor: root.text(first + "/scaling_governor"),
            availableGovernors: (root.text(first + "/scaling_available_governors") ?? "").split(separator: " ")
                .map(String.init).sorted(),
            boost: boost,
            minimum: threads.compactMap { root.integer("\(directory)/cpu\($0.id)/cpufreq/cpuinfo_min_freq") }.min(),
            maximum: threads.compactMap(\.maximumFrequency).max())
    }
}
