import FleetModel

/// The ways to give a VM graphics on this host, the best for the guest first. What the kernel publishes counts; the
/// generation of the hardware only explains why it publishes nothing.
struct GraphicsInspector: Sendable {
    private let kernel: RunningKernel
    private let hasGVTModule: Bool

    init(_ root: HostRoot, kernel: RunningKernel) {
        self.kernel = kernel
        hasGVTModule = root.exists("/sys/module/kvmgt")
    }

    func inspect(_ devices: [PCIDevice], iommu: IOMMUDocument) -> [GraphicsOption] {
        let cards = devices.filter {
            $0.gpu != nil && $0.physicalFunction == nil
                && !$0.hostUses.contains { $0.purpose == .managementController }
        }
        return cards.map(passthrough) + cards.compactMap { virtualFunction($0, iommu) }
            + cards.compactMap { mediated($0, iommu) } + [virGL(cards), virtio]
    }

    private func passthrough(_ card: PCIDevice) -> GraphicsOption {
        let judged = card.passthrough
        let available = judged.verdict == .pass || judged.verdict == .passWithCompanions
        let notes = available && card.gpu?.role != .candidate ? [card.gpu?.reason].compactMap { $0 } : []
        return GraphicsOption(
            kind: .passthrough, device: card.address, available: available,
            reason: ([judged.reason] + notes).joined(separator: " "), fix: judged.fix)
    }

    private func virtualFunction(_ card: PCIDevice, _ iommu: IOMMUDocument) -> GraphicsOption? {
        func option(_ available: Bool, _ reason: String, _ fix: String? = nil) -> GraphicsOption {
            GraphicsOption(
                kind: .virtualFunction, device: card.address, available: available, reason: reason, fix: fix)
        }
        if let sriov = card.sriov {
            guard iommu.status == .enabled else {
                return option(
                    false, "It can make \(sriov.total) virtual functions, but " + iommu.reason.asClause, iommu.fix)
            }
            return option(
                true,
                "\(card.driver ?? "Its driver") can make \(sriov.total) virtual functions of it while the host keeps it."
            )
        }
        guard let intel = IntelGraphics(card), case .virtualFunctions(let since) = intel.sharing else { return nil }
        let reason =
            "\(intel.name) graphics have virtual functions, but \(card.driver ?? "no driver") does not publish them"
            + (kernel.version.map { ", on kernel \($0)" } ?? "") + "."
        return option(
            false, reason, "Drive it with xe on Linux \(since) or newer: xe makes its virtual functions, i915 does not."
        )
    }

    private func mediated(_ card: PCIDevice, _ iommu: IOMMUDocument) -> GraphicsOption? {
        func option(_ available: Bool, _ reason: String, _ fix: String? = nil) -> GraphicsOption {
            GraphicsOption(kind: .mediated, device: card.address, available: available, reason: reason, fix: fix)
        }
        let types = card.mediatedTypes + (card.virtualGPU?.creatableTypes ?? [])
        if !types.isEmpty {
            let free = types.filter { $0.available ?? 1 > 0 }
            return free.isEmpty
                ? option(false, "All its \(types.count) types of mediated devices are taken.", "Remove one from a VM.")
                : option(true, "The kernel offers \(free.map { $0.name ?? $0.id }.joined(separator: ", ")).")
        }
        guard let intel = IntelGraphics(card), intel.sharing == .gvt else { return nil }
        let reason = "\(intel.name) graphics can be shared with GVT-g, but the kernel publishes no types for it"
        if kernel.configuration?.value(of: "DRM_I915_GVT_KVMGT") == "n" {
            return option(
                false, reason + ": it is built without it.", "Boot a kernel with CONFIG_DRM_I915_GVT_KVMGT.")
        }
        return option(
            false, reason + (hasGVTModule ? "." : ": the module kvmgt is not loaded."),
            "Add i915.enable_gvt=1 to the kernel's command line, load kvmgt at boot, and reboot.")
    }

    private func virGL(_ cards: [PCIDevice]) -> GraphicsOption {
        let driver = cards.firstResult { $0.gpu?.connectors == nil ? nil : $0.driver }
        let caveat = "A Windows guest gets no 3D from it, and it rules out snapshots with memory."
        guard let driver else {
            return GraphicsOption(
                kind: .virtioVirGL, available: false, reason: "No graphics driver of the host could render. " + caveat,
                fix: "Give the host a graphics card with a driver of its own.")
        }
        return GraphicsOption(
            kind: .virtioVirGL, available: true,
            reason: "The host's \(driver) can render for a Linux guest. " + caveat)
    }

    private var virtio: GraphicsOption {
        GraphicsOption(
            kind: .virtio, available: true,
            reason: "It needs nothing of the host: a picture in a window, drawn by the processor, without 3D.")
    }
}

extension String {
    /// To go on inside a sentence.
    fileprivate var asClause: String { prefix(1).lowercased() + dropFirst() }
}
