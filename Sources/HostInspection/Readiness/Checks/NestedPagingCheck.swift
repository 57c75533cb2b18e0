extension Check {
    static let nestedPaging = Check(
        "nested-paging",
        reason: "Without it the host keeps a copy of every page table of a guest, which makes VMs slow."
    ) { facts in
        switch facts.cpu.nestedPaging {
        case true?: return [.ok("The processor translates a guest's addresses itself.")]
        case nil:
            return [
                .unknown(
                    "The processor's flags cannot be seen.",
                    shownBy: "It is told by /proc/cpuinfo, which cannot be read here.")
            ]
        case false?:
            return [
                .warning(
                    "The processor offers neither ept nor npt.",
                    fix:
                        "Remove ept=0 or npt=0 from the options of kvm_intel or kvm_amd; a machine that is a VM itself needs it "
                        + "from its host.")
            ]
        }
    }
}
