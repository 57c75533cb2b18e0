extension Check {
    static let firmwareVirtualisation = Check(
        "firmware-virtualisation", reason: "The firmware decides whether the processor may run VMs by itself."
    ) { facts in
        let cpu = facts.cpu
        if cpu.kvm == .works { return [.ok("KVM has made a VM, so virtualisation is on.")] }
        guard let flag = cpu.virtualisation else {
            guard cpu.model != nil || cpu.vendor != nil else {
                return [
                    .unknown(
                        "The processor cannot be seen.",
                        shownBy: "It is told by /proc/cpuinfo, which cannot be read here.")
                ]
            }
            return [
                cpu.isGuest
                    ? .failure(
                        "This machine is a VM, and its processor offers no virtualisation.",
                        fix: "Turn on nested virtualisation in its host, with the CPU mode host-passthrough.")
                    : .failure(
                        "The processor offers neither vmx nor svm.",
                        fix: "Turn on VT-x (Intel) or SVM (AMD) in the firmware setup, and switch the machine off once."
                    )
            ]
        }
        if let complaint = facts.kernelLog.messages.first(where: KernelMessage.isVirtualisationOff) {
            return [
                .failure(
                    "The processor offers \(flag), and the kernel says \"\(complaint.text)\".",
                    fix:
                        "Turn on \(flag == "svm" ? "SVM" : "VT-x") in the firmware setup, and switch the machine off once."
                )
            ]
        }
        return [
            .unknown(
                "The processor offers \(flag), which it does on some machines even when the firmware keeps it off.",
                shownBy: "Only KVM's own answer tells: see the finding about KVM.")
        ]
    }
}
