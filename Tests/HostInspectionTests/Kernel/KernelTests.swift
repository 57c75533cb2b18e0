import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

@testable import HostInspection

@Suite struct KernelTests {
    private static let configuration = """
        # Automatically generated file
        CONFIG_KVM=m
        CONFIG_INTEL_IOMMU=y
        # CONFIG_INTEL_IOMMU_DEFAULT_ON is not set
        CONFIG_LOCALVERSION="-x"
        CONFIG_USB=y
        # CONFIG_VFIO
        CONFIG_

        """

    @Test(arguments: ["/boot/config-6.1", "/lib/modules/6.1/config", "/usr/lib/modules/6.1/config"])
    func theConfigurationIsFoundWhereDistributionsPutIt(path: String) throws {
        let machine = try FixtureMachine([path: Self.configuration, "/proc/sys/kernel/osrelease": "6.1\n"])
        let options = try #require(RunningKernel(machine.root).configuration)
        #expect(options.isOn("KVM") && options.value(of: "INTEL_IOMMU_DEFAULT_ON") == "n")
        #expect(options.value(of: "VFIO") == nil)
        #expect(
            options.options == ["KVM": "m", "INTEL_IOMMU": "y", "INTEL_IOMMU_DEFAULT_ON": "n"])
        try machine.write("/proc/sys/kernel/osrelease", "6.2")
        #expect(RunningKernel(machine.root).configuration == nil)
    }

    @Test func theRunningKernelsOwnConfigurationIsUnpacked() async throws {
        let packed = try await Subprocess.run("gzip", ["-c"], input: Array(Self.configuration.utf8)).successful()
            .standardOutput
        let machine = try FixtureMachine([:])
        try machine.write("/proc/config.gz", packed)
        #expect(RunningKernel(machine.root).configuration?.isOn("KVM") == true)
        #expect(Gzip.unpacked(packed, limit: 10) == Array(Self.configuration.utf8.prefix(10)))
        #expect(Gzip.unpacked(Array(packed.prefix(20)), limit: 1000) == nil)
        #expect(Gzip.unpacked([], limit: 10) == nil && Gzip.unpacked([1, 2, 3], limit: 10) == nil)
    }

    @Test func modulesAreLoadedBuiltInAvailableOrMissing() throws {
        let machine = try FixtureMachine([
            "/proc/modules": "kvm_intel 380928 0 - Live 0x0\nusbhid 1 0 - Live 0x0\n",
            "/lib/modules/6.1/modules.dep":
                "kernel/drivers/vfio/pci/vfio-pci.ko.zst: kernel/drivers/vfio/pci/vfio-pci-core.ko.zst\n"
                + "kernel/arch/x86/kvm/kvm-intel.ko: \n",
            "/lib/modules/6.1/modules.builtin": "kernel/drivers/vfio/vfio.ko\n",
            "/sys/module/pci_stub/parameters/ids": "\n", "/sys/module/vfio_pci/parameters/ids": "10de:1c82\n",
        ])
        let modules = KernelModule.thoseThatMatter(machine.subject.root, release: "6.1")
        let states = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0.state) })
        #expect(states["kvm_intel"] == .loaded && states["vfio"] == .builtIn && states["pci_stub"] == .builtIn)
        #expect(states["vfio_pci"] == .loaded && states["vfio_iommu_type1"] == .missing && states["usbhid"] == nil)
        #expect(KernelModule.parameters(machine.subject.root) == ["vfio_pci.ids": "10de:1c82"])
    }

    @Test func withoutTheModulesDirectoryOnlyWhatIsThereIsTold() throws {
        let machine = try FixtureMachine(["/proc/modules": "vfio_pci 1 0 - Live 0x0\n"])
        #expect(
            KernelModule.thoseThatMatter(machine.subject.root, release: "6.1") == [
                .init(name: "vfio_pci", state: .loaded)
            ])
    }
}
