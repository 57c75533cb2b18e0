extension SyntheticMachine {
    /// One disk a controller: LUKS and a volume on the first.
    func addStorage(to tree: inout HostTree) {
        for disk in 0..<max(1, (devices / 2 + 2) / 4) {
            let name = "nvme\(disk)n1"
            let path = "\(path(ofEndpoint: disk * 4 + 1))/nvme/nvme\(disk)/\(name)"
            tree.write("/sys\(path)/size", "2000409264\n")
            tree.write("/sys\(path)/dev", "259:\(disk * 8)\n")
            tree.write("/sys\(path)/queue/rotational", "0\n")
            tree.write("/sys\(path)/queue/discard_max_bytes", "2199023255040\n")
            tree.write("/sys\(path)/device/model", "Synthetic SSD\n")
            tree.link("/sys/class/block/\(name)", to: "../.." + path)
            for part in 1...3 {
                tree.write("/sys\(path)/\(name)p\(part)/dev", "259:\(disk * 8 + part)\n")
                tree.link("/sys/class/block/\(name)p\(part)", to: "../..\(path)/\(name)p\(part)")
            }
        }
        tree.write("/sys/devices/virtual/block/dm-0/dm/name", "vg-root\n")
        tree.write("/sys/devices/virtual/block/dm-0/dev", "254:0\n")
        tree.link(
            "/sys/devices/virtual/block/dm-0/slaves/nvme0n1p2", to: "../../../../..\(path(ofEndpoint: 1))/nvme0n1p2")
        tree.link("/sys/class/block/dm-0", to: "../../devices/virtual/block/dm-0")
        tree.write("/sys/devices/virtual/block/loop0/loop/backing_file", "/var/lib/images.img\n")
        tree.link("/sys/class/block/loop0", to: "../../devices/virtual/block/loop0")
        tree.write(
            "/proc/self/mountinfo",
            """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw
            23 22 259:1 / /boot rw - ext4 /dev/nvme0n1p1 rw
            24 22 0:40 / /var/lib rw - overlay overlay rw,lowerdir=/usr:/boot,upperdir=/up,workdir=/work
            25 22 0:41 / /home rw - btrfs /dev/nvme0n1p3 rw,subvol=/home
            26 22 0:42 / /tank rw - zfs tank/data rw

            """)
        tree.entries["/sys/fs/btrfs/0-1/devices/nvme0n1p3"] = .directory
    }

    func addNetwork(to tree: inout HostTree) {
        for card in 0..<max(1, (devices / 2 + 1) / 4) {
            let path = "\(path(ofEndpoint: card * 4 + 2))/net/eth\(card)"
            tree.write("/sys\(path)/address", "52:54:00:00:00:\(card % 90 + 10)\n")
            tree.write("/sys\(path)/type", "1\n")
            tree.write("/sys\(path)/mtu", "1500\n")
            tree.write("/sys\(path)/carrier", "1\n")
            tree.write("/sys\(path)/speed", "1000\n")
            tree.link("/sys\(path)/device", to: "../..")
            tree.link("/sys\(path)/master", to: "/sys/devices/virtual/net/br0")
            tree.link("/sys/class/net/eth\(card)", to: "../.." + path)
        }
        tree.write("/sys/devices/virtual/net/br0/uevent", "DEVTYPE=bridge\nINTERFACE=br0\n")
        tree.write("/sys/devices/virtual/net/br0/bonding/slaves", "eth0 eth1\n")
        tree.link("/sys/devices/virtual/net/br0/brif/eth0", to: "/sys/class/net/eth0")
        tree.link("/sys/class/net/br0", to: "../../devices/virtual/net/br0")
        tree.write("/sys/devices/virtual/net/br0.10/uevent", "DEVTYPE=vlan\n")
        tree.link("/sys/class/net/br0.10", to: "../../devices/virtual/net/br0.10")
        tree.write("/sys/devices/virtual/net/tap0/tun_flags", "0x1002\n")
        tree.link("/sys/class/net/tap0", to: "../../devices/virtual/net/tap0")
        tree.write("/proc/net/vlan/br0.10", "br0.10  VID: 10  REORDER_HDR: 1\nDevice: br0\n")
        tree.write(
            "/proc/net/route",
            "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\nbr0.10 00000000 0102A8C0 0003 0 0 100 00000000 0\n"
        )
        let zeros = String(repeating: "0", count: 32)
        tree.write("/proc/net/ipv6_route", "\(zeros) 00 \(zeros) 00 \(zeros) 00000400 1 0 00000003 eth0\n")
    }

    func addChassis(to tree: inout HostTree) {
        tree.write("/sys/class/dmi/id/chassis_type", "10\n")
        tree.write("/sys/class/dmi/id/sys_vendor", "Synthetic\n")
        tree.write("/sys/class/dmi/id/product_name", "Book\n")
        let battery = "/sys/class/power_supply/BAT0"
        tree.write(battery + "/type", "Battery\n")
        tree.write(battery + "/charge_full_design", "4000000\n")
        tree.write(battery + "/charge_full", "3500000\n")
        tree.write(battery + "/voltage_min_design", "11400000\n")
        tree.write(battery + "/cycle_count", "120\n")
        tree.write(battery + "/capacity", "80\n")
        tree.write("/sys/class/power_supply/AC/type", "Mains\n")
        tree.write("/sys/class/power_supply/AC/online", "1\n")
        tree.write("/proc/acpi/button/lid/LID0/state", "state:      open\n")
        tree.write("/sys/firmware/acpi/platform_profile", "balanced\n")
        tree.write("/sys/firmware/acpi/platform_profile_choices", "low-power balanced\n")
        for core in 0..<threads / 2 {
            let sensor = "/sys/class/hwmon/hwmon0/temp\(core + 1)"
            tree.write(sensor + "_input", "45000\n")
            tree.write(sensor + "_crit", "100000\n")
        }
        tree.write("/sys/class/hwmon/hwmon0/name", "coretemp\n")
        tree.write("/sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n")
        tree.write("/sys/class/thermal/thermal_zone0/temp", "51000\n")
        tree.write("/sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n")
        tree.write("/sys/class/thermal/thermal_zone0/trip_point_0_temp", "105000\n")
        tree.write(
            "/proc/bus/input/devices",
            """
            I: Bus=0003 Vendor=046d Product=c31c Version=0110
            N: Name="Keyboard"
            P: Phys=usb-0000:00:14.0-1/input0
            S: Sysfs=\(path(ofEndpoint: 3))/usb1/1-1/input/input3
            H: Handlers=sysrq kbd event3 leds
            B: EV=120013
            B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe

            """)
    }

    func addKernel(to tree: inout HostTree) {
        let release = Self.release
        tree.write("/proc/sys/kernel/osrelease", release + "\n")
        tree.write("/proc/sys/kernel/hostname", "synthetic\n")
        tree.write("/proc/sys/kernel/arch", "x86_64\n")
        tree.write("/proc/version", "Linux version \(release) (debian) #1 SMP\n")
        tree.write(
            "/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/mapper/vg-root intel_iommu=on,sm_on iommu=pt \"a b\"\n")
        tree.write("/proc/modules", "vfio_pci 16384 0 - Live 0x0\nkvm_intel 1 0 - Live 0x0\nnouveau 1 0 - Live 0x0\n")
        tree.write(
            "/boot/config-" + release,
            "CONFIG_KVM=m\nCONFIG_INTEL_IOMMU=y\n# CONFIG_VFIO_NOIOMMU is not set\nCONFIG_HZ=\"250\"\n")
        tree.entries["/proc/config.gz"] = .file(Self.packedConfiguration)
        let modules = "/lib/modules/" + release
        tree.write(modules + "/modules.dep", "kernel/drivers/vfio/pci/vfio-pci.ko: kernel/drivers/vfio/vfio.ko\n")
        tree.write(modules + "/modules.builtin", "kernel/drivers/iommu/iommufd.ko\n")
        tree.write(
            modules + "/modules.alias",
            """
            alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau
            alias pci:v00008086d00001521sv*sd*bc*sc*i* igb
            alias pci:v*d*sv*sd*bc01sc08i02* nvme
            alias usb:v* usbhid

            """)
        tree.write("/sys/module/kvm_intel/parameters/nested", "Y\n")
        tree.write("/sys/module/kvm/parameters/ignore_msrs", "N\n")
        tree.write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n")
        tree.write(
            "/var/log/dmesg",
            """
            [    0.000000] Linux version \(release) (debian) #1 SMP
            <6>[    0.100000][    T1] DMAR: IOMMU enabled
            kern  :info  : [    0.2] DMAR-IR: Enabled IRQ remapping in x2apic mode
            6,339,5140900,-;vfio-pci 0000:01:00.0: BAR 3: can't reserve [mem 0xe0000000-0xe0ffffff]\\x1b

            """)
    }

    func addSoftware(to tree: inout HostTree) {
        tree.write("/etc/os-release", "PRETTY_NAME=\"Debian \\\"12\\\"\"\nID=debian\nVERSION_ID='12'\n")
        tree.write("/etc/group", "root:x:0:\nkvm:x:104:anna,bert\nlibvirt:x:105:anna\n")
        tree.write(
            "/var/lib/dpkg/status",
            """
            Package: qemu-system-x86
            Status: install ok installed
            Version: 1:7.2+dfsg-7+deb12u18

            Package: libvirt-daemon
            Status: install ok installed
            Version: 9.0.0-4

            """)
        tree.entries["/var/lib/pacman/local/swtpm-0.8.2-1"] = .directory
        tree.write("/etc/libvirt/qemu.conf", "# no comment\nsecurity_driver = [ \"apparmor\", \"none\" ]\n")
        tree.write("/sys/module/apparmor/parameters/enabled", "Y\n")
        tree.write("/sys/module/apparmor/parameters/mode", "enforce\n")
        tree.write("/etc/selinux/config", "SELINUX=enforcing\n")
        tree.write(
            "/usr/share/qemu/firmware/60-edk2.json",
            """
            {"interface-types": ["uefi"], "features": ["secure-boot", "enrolled-keys"],
             "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
             "mapping": {"device": "flash", "executable": {"filename": "/usr/share/OVMF/OVMF_CODE.fd"},
                         "nvram-template": {"filename": "/usr/share/OVMF/OVMF_VARS.fd"}}}
            """)
        tree.write("/usr/share/OVMF/OVMF_CODE.fd", "")
        tree.write("/usr/share/OVMF/OVMF_VARS.fd", "")
        tree.write("/usr/lib64/libvirt.so.0.9000.2", "")
        tree.write("/usr/share/virtio-win/virtio-win-0.1.240.iso", "")
        tree.write(
            "/usr/share/misc/pci.ids",
            "10de  NVIDIA\n\t1c82  GP107 [GeForce GTX 1050 Ti]\n\t\t1043 0001  Card\n8086  Intel\n\t1521  I350\n")
        let variables = "/sys/firmware/efi/efivars/"
        tree.write(
            variables + "LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
            [6, 0, 0, 0] + Array("systemd-boot 254\0".utf8).flatMap { [$0, 0] })
        tree.write(variables + "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", [6, 0, 0, 0, 1])
        tree.write("/boot/loader/entries/debian.conf", "options quiet\n")
        tree.write("/etc/systemd/system/multi-user.target.wants/chrony.service", "")
    }

    /// `CONFIG_KVM=m`, compressed by gzip without a name.
    private static let packedConfiguration: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x73, 0xf6, 0xf7, 0x73, 0xf3, 0x74, 0x8f,
        0xf7, 0x0e, 0xf3, 0xb5, 0xcd, 0xe5, 0x02, 0x00, 0x8d, 0xfb, 0x2d, 0x79, 0x0d, 0x00, 0x00, 0x00,
    ]
}
