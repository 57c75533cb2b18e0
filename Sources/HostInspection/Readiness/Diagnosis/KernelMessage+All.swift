extension KernelMessage {
    /// Messages of the kernel, VFIO and KVM, the weightiest first.
    public static let all: [KernelMessage] = setup + devices + upkeep + misleading

    /// What keeps KVM or VFIO from working at all.
    private static let setup = [
        KernelMessage(
            "kvm: disabled by bios", words: ["kvm: disabled by bios"], .failure,
            meaning: "The firmware has turned the processor's virtualisation off.",
            action: "Turn on VT-x (Intel) or SVM (AMD) in the firmware setup."),
        KernelMessage(
            "VMX not enabled (by BIOS)", words: ["VMX not enabled (by BIOS)"], .failure,
            meaning: "The firmware has turned the processor's virtualisation off.",
            action: "Turn on VT-x in the firmware setup."),
        KernelMessage(
            "SVM disabled (by BIOS)", words: ["SVM disabled (by BIOS)"], .failure,
            meaning: "The firmware has turned the processor's virtualisation off.",
            action: "Turn on SVM in the firmware setup."),
        KernelMessage(
            "No interrupt remapping support", words: ["No interrupt remapping"], .failure,
            meaning:
                "VFIO refuses every device, because interrupts are not remapped. The module parameter that the message "
                + "names gives up the protection and mends nothing.",
            action:
                "Remove intremap=off from the kernel command line, turn on x2APIC or interrupt remapping in the firmware "
                + "setup, and update the firmware."),
        KernelMessage(
            "failed with error -22 (vfio-pci)", words: ["vfio-pci", "failed with error -22"], .failure,
            meaning: "vfio-pci was given a device that is in no IOMMU group: the IOMMU is off.",
            action: "Follow the finding about the IOMMU."),
        KernelMessage(
            "group N is not viable", words: ["group ", " is not viable"], .failure,
            meaning: "Another device of the same IOMMU group is still with a driver of the host.",
            action: "Bind every device of the group to vfio-pci, or give the VM another device."),
        KernelMessage(
            "Device is ineligible for IOMMU domain attach due to platform RMRR requirement",
            words: ["ineligible for IOMMU domain attach"], .failure,
            meaning:
                "The firmware keeps memory of its own for this device (an RMRR), so no VM can have it. Its IOMMU group "
                + "has nothing to do with it.",
            action:
                "Look for a firmware update or a setting that frees the device; move the card to another slot; or give "
                + "the VM another device."),
    ]

    /// What goes wrong with a device that a VM has or shall have.
    private static let devices = [
        KernelMessage(
            "BAR n: can't reserve", words: ["BAR ", "can't reserve"], .warning,
            meaning: "Somebody else holds the device's memory, on a GPU mostly the framebuffer of the boot.",
            action: "Let the host boot with another GPU (firmware setup), or keep the boot framebuffer from this one: "
                + "'initcall_blacklist=sysfb_init' on the kernel command line (before 5.17: 'video=efifb:off')."),
        KernelMessage(
            "Unable to change power state from D3cold", words: ["nable to change power state from D3cold"], .warning,
            meaning: "The device was switched off to save power and does not come back.",
            action: "Keep it awake before the VM starts: write 0 to its d3cold_allowed, or load vfio-pci with "
                + "'disable_idle_d3=1'. Now only a cold start of the machine brings it back."),
        KernelMessage(
            "not ready ...ms after FLR; giving up", words: ["not ready ", "giving up"], .warning,
            meaning: "The device did not come back from its reset, and works again only after the host was off.",
            action:
                "Try another method in its reset_method, such as 'bus' when no other function shares the bus; a device "
                + "with this fault cannot be given to one VM after the other."),
        KernelMessage(
            "DMAR: [DMA Read] ... fault addr", words: ["DMAR: [DMA ", "fault addr"], .warning,
            meaning: "The IOMMU stopped a device that reached for memory it was not given.",
            action:
                "Look at whether a VM had the device then: its driver or a missing reset is to blame. Without a VM it is "
                + "the host's driver or the firmware; update them."),
        KernelMessage(
            "IO_PAGE_FAULT", words: ["IO_PAGE_FAULT"], .warning,
            meaning: "The IOMMU stopped a device that reached for memory it was not given.",
            action:
                "Look at whether a VM had the device then: its driver or a missing reset is to blame. Without a VM it is "
                + "the host's driver or the firmware; update them."),
        KernelMessage(
            "AMD-Vi: Completion-Wait loop timed out", words: ["AMD-Vi: Completion-Wait loop timed out"], .warning,
            meaning: "A device behind the IOMMU no longer answers, mostly a GPU after a reset that failed.",
            action: "Restart the host from cold; give the device to one VM only, and do not start that VM twice."),
    ]

    /// What makes VMs slow or ends them.
    private static let upkeep = [
        KernelMessage(
            "Out of memory: Killed process (qemu-system-...)", words: ["Out of memory", "(qemu-"], .warning,
            meaning: "The host ran out of memory and ended a VM.",
            action: "Run fewer VMs at a time, or give them less memory: keep 8 GiB for the host."),
        KernelMessage(
            "clocksource: Marking clocksource 'tsc' as unstable", words: ["clocksource 'tsc' as unstable"], .warning,
            meaning: "The processors' own clock is not trusted, so every look at the time is slow, in VMs most of all.",
            action: "Update the firmware; see the finding about idle VMs."),
        KernelMessage(
            "x86/split lock detection", words: ["KVM", "took a split_lock trap"], .notice,
            meaning:
                "A guest uses memory operations that the kernel slows down on purpose, as some Windows programs do.",
            action: "If that VM stutters: 'sysctl kernel.split_lock_mitigate=0' (kernel 6.2 and newer)."),
    ]

    /// What many guides take for a proof or for an error, and is neither.
    private static let misleading = [
        KernelMessage(
            "DMAR: IOMMU enabled", words: ["DMAR: IOMMU enabled"], .notice,
            meaning: "It only repeats that intel_iommu=on is on the command line, and comes without any IOMMU as well.",
            action: "Follow the finding about the IOMMU.", matters: { $0.iommu.status != .enabled }),
        KernelMessage(
            "DMAR-IR: Enabled IRQ remapping", words: ["DMAR-IR: Enabled IRQ remapping"], .notice,
            meaning: "Interrupts are remapped even with intel_iommu=off; it does not show that the IOMMU is on.",
            action: "Follow the finding about the IOMMU.", matters: { $0.iommu.status != .enabled }),
        KernelMessage(
            "AMD-Vi: AMD IOMMUv2 functionality not available on this system",
            words: ["IOMMUv2 functionality not available"],
            .notice,
            meaning:
                "A feature that only some AMD processors have is missing; the message comes on Intel machines, too, and "
                + "says nothing about passthrough.",
            action: nil),
    ]
}
