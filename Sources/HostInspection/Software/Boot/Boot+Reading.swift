extension Boot {
    init(_ root: HostRoot, commandLine: KernelCommandLine?) {
        let variables = EFIVariables(root)
        let files = BootFiles(root)
        if root.exists("/sys/firmware/efi") {
            firmware = .uefi
        } else if root.exists("/sys/firmware/acpi") || root.exists("/sys/firmware/dmi") {
            firmware = .bios
        }
        secureBoot = variables.secureBoot
        let stub = variables.text(.stubInfo)
        unifiedKernelImage = stub != nil
        loaderEntries = files.hasLoaderEntries
        (loader, evidence) = Self.loader(variables, commandLine, files, stub: stub)
        loaderVersion = variables.text(.loaderInfo)
        manager = Self.manager(root, commandLine, files, loader)
        kernelArguments = Self.arguments(root, loader, manager, isUnified: unifiedKernelImage)
    }

    private static func loader(
        _ variables: EFIVariables, _ commandLine: KernelCommandLine?, _ files: BootFiles, stub: String?
    ) -> (Loader?, [String]) {
        // systemd's Boot Loader Interface: the loader leaves its name for the system that it starts.
        if let info = variables.text(.loaderInfo), let loader = named(info) {
            return (loader, ["EFI variable LoaderInfo: \(info)"])
        }
        if let stub { return (.efiStub, ["EFI variable StubInfo without LoaderInfo: \(stub)"]) }
        guard let commandLine else { return (nil, []) }
        if let image = commandLine.value(of: "BOOT_IMAGE") {
            let evidence = "BOOT_IMAGE=\(image) on the kernel's command line"
            // syslinux writes it, too.
            if let configuration = files.grubConfiguration { return (.grub, [evidence, configuration]) }
            return (files.hasSyslinux ? nil : .grub, [evidence])
        }
        // Only EFI programs are told of their initramfs in this way.
        if let image = commandLine.value(of: "initrd"), image.contains("\\") {
            let evidence = "initrd=\(image) on the kernel's command line"
            if let configuration = files.systemdBootConfiguration {
                return (.systemdBoot, [evidence, configuration])
            }
            return (.efiStub, [evidence])
        }
        return (nil, [])
    }

    private static func named(_ info: String) -> Loader? {
        let names: [(String, Loader)] = [
            ("systemd-boot", .systemdBoot), ("gummiboot", .systemdBoot), ("grub", .grub), ("refind", .refind),
            ("limine", .limine),
        ]
        return names.first { info.lowercased().hasPrefix($0.0) }?.1
    }

    private static func manager(
        _ root: HostRoot, _ commandLine: KernelCommandLine?, _ files: BootFiles, _ loader: Loader?
    ) -> Manager? {
        if commandLine?.has("ostree") == true { return .ostree }
        if root.exists("/etc/NIXOS") || commandLine?.value(of: "init")?.hasPrefix("/nix/store/") == true {
            return .nixos
        }
        if root.exists("/etc/kernel/proxmox-boot-uuids") { return .proxmoxBootTool }
        return loader == .grub && files.hasLoaderEntries ? .grubby : nil
    }

    private static func arguments(
        _ root: HostRoot, _ loader: Loader?, _ manager: Manager?, isUnified: Bool
    ) -> ArgumentPlace? {
        switch manager {
        case .ostree: return ArgumentPlace(command: "rpm-ostree kargs --append-if-missing=ARGUMENT")
        case .nixos:
            return ArgumentPlace(
                file: "boot.kernelParams in /etc/nixos/configuration.nix", command: "nixos-rebuild boot")
        case .proxmoxBootTool:
            let file =
                loader == .grub
                ? "GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub" : "the one line of /etc/kernel/cmdline"
            return ArgumentPlace(file: file, command: "proxmox-boot-tool refresh")
        case .grubby: return ArgumentPlace(command: "grubby --update-kernel=ALL --args=ARGUMENT")
        case nil: break
        }
        switch loader {
        case .grub:
            let file = "GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub"
            if root.exists("/usr/sbin/update-grub") { return ArgumentPlace(file: file, command: "update-grub") }
            if root.exists("/usr/sbin/grub2-mkconfig") {
                return ArgumentPlace(file: file, command: "grub2-mkconfig -o /boot/grub2/grub.cfg")
            }
            return ArgumentPlace(file: file, command: "grub-mkconfig -o /boot/grub/grub.cfg")
        case .systemdBoot, .efiStub:
            if root.exists("/etc/kernel/cmdline") {
                let command = root.exists("/etc/mkinitcpio.conf") ? "mkinitcpio --allpresets" : "kernel-install add-all"
                return ArgumentPlace(file: "the one line of /etc/kernel/cmdline", command: command)
            }
            guard loader == .systemdBoot, !isUnified else { return nil }
            return ArgumentPlace(
                file: "the 'options' line of the entry in loader/entries of the EFI or boot partition",
                command: "reboot")
        case .refind:
            return ArgumentPlace(file: "the options of /boot/refind_linux.conf", command: "reboot")
        case .limine, nil: return nil
        }
    }
}
