extension Check {
    static let interruptRemapping = Check(
        "interrupt-remapping",
        reason: "Without it a device could raise any interrupt of the host, so VFIO gives no device to a VM."
    ) { facts in
        guard facts.iommu.status == .enabled else {
            return [
                facts.iommu.status == .unknown
                    ? .unknown("It is not known whether the IOMMU is on.", shownBy: "See the finding about the IOMMU.")
                    : .notice("The IOMMU is not on, so interrupts are not remapped either.")
            ]
        }
        guard facts.software.moduleParameters["vfio_iommu_type1.allow_unsafe_interrupts"] != "Y" else {
            return [
                .warning(
                    "VFIO was told to give devices to VMs even without interrupt remapping (allow_unsafe_interrupts).",
                    fix: "Remove the option allow_unsafe_interrupts from /etc/modprobe.d and the kernel command line.")
            ]
        }
        switch facts.iommu.interruptRemapping {
        case true?: return [.ok("Interrupts are remapped.")]
        case nil:
            return [
                .unknown(
                    "Neither the kernel's log nor /proc/interrupts tells whether interrupts are remapped.",
                    shownBy: "The kernel's log tells, which root can read.")
            ]
        case false?:
            // The kernel's log recommends allow_unsafe_interrupts; that gives up what VFIO is there for.
            return [
                .failure(
                    "The IOMMU is on, and interrupts are not remapped.",
                    fix:
                        "Remove intremap=off and nox2apic from the kernel command line if they are there, turn on x2APIC "
                        + "or interrupt remapping in the firmware setup, and update the firmware.")
            ]
        }
    }
}
