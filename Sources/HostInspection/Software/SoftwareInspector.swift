import FleetModel

/// What runs on the machine, from its files.
struct SoftwareInspector: Sendable {
    let kernel: RunningKernel
    let mounts: MountTable

    func inspect(_ subject: InspectionSubject, limitations: inout [Inspection.Limitation]) -> SoftwareDocument {
        let root = subject.root
        let os = OSRelease(root)
        let (release, commandLine, options) = (kernel.release, kernel.commandLine, kernel.configuration)
        if release != nil, options == nil {
            limitations.append(.init(fact: "the kernel's build options", needs: "its config file, in /boot"))
        }
        if subject.hypervisor == nil {
            limitations.append(
                .init(
                    fact: "what libvirt knows: its version, its pools, the devices and timers that VMs have",
                    needs: "the agent's connection to libvirt"))
        }
        let groups = UserGroups(root)
        return SoftwareDocument(
            hostname: root.text("/proc/sys/kernel/hostname") ?? root.text("/etc/hostname"), osName: os.name,
            osID: os.id,
            osVersion: os.version, kernel: release, architecture: root.text("/proc/sys/kernel/arch"),
            commandLine: commandLine?.text, kernelOptions: options?.options ?? [:],
            modules: KernelModule.thoseThatMatter(root, release: release),
            moduleParameters: KernelModule.parameters(root), boot: Boot(root, commandLine: commandLine),
            initramfs: InitramfsTool(root), immutability: Immutability(root, commandLine: commandLine, mounts: mounts),
            components: Components(root, hypervisor: subject.hypervisor, limitations: &limitations),
            firmware: GuestFirmware.all(root), protection: QEMUProtection(root, limitations: &limitations),
            groups: groups.thoseThatMatter, ownGroups: subject.includesMomentary ? groups.own(root) : nil,
            clock: ClockService(root, includesMomentary: subject.includesMomentary), agentVersion: subject.agentVersion,
            hypervisor: subject.hypervisor)
    }
}
