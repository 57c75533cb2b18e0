import FleetModel

extension Fleet {
    /// Of a laptop with two graphics processors, whose IOMMU is on and whose clock is not set.
    static let inventory: [InventoryPart: JSONValue] = document(
        """
        {"cpu": {"model": "Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz", "sockets": 1, "cores": 6, "threads": 12,
                 "isGuest": false, "threadList": [{"id": 0, "package": 0, "core": 0}]},
         "memory": {"totalBytes": 16655663104, "hugePages": [], "swapBytes": 0},
         "pci": {"graphics": [], "devices": [
            {"address": "0000:00:00.0", "class": "0600", "vendor": "8086", "device": "3ec4",
             "passthrough": {"verdict": "never", "with": [], "warnings": [],
                             "reason": "It is a host bridge: it joins processor and devices."}},
            {"address": "0000:00:02.0", "class": "0300", "vendor": "8086", "device": "3e9b", "driver": "i915",
             "gpu": {"role": "host-display", "reason": "The kernel's boot framebuffer is in its memory."},
             "passthrough": {"verdict": "never", "with": [], "warnings": [],
                             "reason": "The host needs it: it is the only display."}},
            {"address": "0000:01:00.0", "class": "0300", "vendor": "10de", "device": "1c60",
             "vendorName": "NVIDIA Corporation", "deviceName": "GP106M [GeForce GTX 1060 Mobile]",
             "gpu": {"role": "candidate", "reason": "Another one shows the host's picture."},
             "passthrough": {"verdict": "pass-with-companions", "with": ["0000:01:00.1"], "warnings": [],
                             "reason": "Its sound function shares its group."}}]},
         "iommu": {"status": "enabled", "vendor": "intel", "mode": "translated", "interruptRemapping": true,
                   "acsOverride": false, "evidence": [], "reason": "There are groups.",
                   "groups": [{"id": 0, "devices": ["0000:00:00.0"], "viable": true, "blockers": []},
                              {"id": 1, "devices": ["0000:01:00.0", "0000:01:00.1"], "viable": true, "blockers": []}]},
         "storage": {"images": {"path": "/var/lib/virtfleet-agent/images"}, "pools": [], "fileSystems": [], "disks": [
            {"name": "nvme0n1", "model": "Samsung SSD 970 EVO 500GB", "sizeBytes": 500107862016, "rotational": false,
             "discard": true, "removable": false, "transport": "nvme", "functions": ["0000:04:00.0"]},
            {"name": "sda", "sizeBytes": 1000204886016, "rotational": true, "removable": true, "transport": "usb",
             "functions": []}]},
         "network": {"defaultRoutes": ["br0", "wlp3s0"], "interfaces": []},
         "software": {"hostname": "anna", "osName": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.1.0-22-amd64",
                      "agentVersion": "0.1.0",
                      "hypervisor": {"uri": "qemu:///system", "libvirtVersion": "9.0.0", "version": "7.2.11"}},
         "laptop": {"isPortable": true, "chassisType": 10, "vendor": "LENOVO", "product": "20MF000TGE", "hasLid": true,
                    "batteries": [{"name": "BAT0", "designCapacity": 80400, "fullCapacity": 71230, "cycles": 312}]},
         "readiness": {
            "findings": [
               {"check": "kvm", "level": "ok", "evidence": "/dev/kvm has made a VM.", "reason": "...",
                "documentation": "readiness.md#kvm"},
               {"check": "iommu", "level": "ok", "evidence": "The IOMMU is on.", "reason": "...",
                "documentation": "readiness.md#iommu"},
               {"check": "clock-synchronisation", "level": "warning", "evidence": "No time server has set the clock.",
                "reason": "...", "fix": "Start one: systemctl enable --now systemd-timesyncd.",
                "documentation": "readiness.md#clock-synchronisation"},
               {"check": "bridge", "level": "failure", "evidence": "br1, which office wants, is not there.",
                "reason": "...", "fix": "Make the bridge br1, or name another one in the profile.",
                "documentation": "readiness.md#bridge"},
               {"check": "kernel-log", "level": "warning", "evidence": "The firmware's tables are in error.",
                "reason": "...", "documentation": "readiness.md#kernel-log"},
               {"check": "reflink", "level": "notice", "evidence": "ext4 cannot share blocks.", "reason": "...",
                "documentation": "readiness.md#reflink"},
               {"check": "thermals", "level": "unknown", "evidence": "No temperatures can be seen.", "reason": "...",
                "documentation": "readiness.md#thermals"}],
            "profiles": [
               {"profile": "office", "answer": "does-not-fit", "nearestFix": "Make the bridge br1.",
                "obstacles": [{"unseen": false, "reason": "It wants the bridge br1.", "documentation": "..."}]},
               {"profile": "windows-11", "answer": "fits", "obstacles": []}]},
         "templates": {"templates": []}}
        """)

    /// Of an agent whose words are others, some of them of another kind.
    static let strangeInventory: [InventoryPart: JSONValue] = document(
        """
        {"cpu": {"model": 7, "cores": 1, "threads": "many", "sockets": -1}, "memory": {"totalBytes": -5},
         "pci": {"devices": [7, {"gpu": {}}, {"address": "0000:01:00.0", "gpu": {"role": "a-new-role"},
                             "passthrough": {"verdict": "perhaps", "with": "nobody"}}]},
         "iommu": {"status": "off-in-firmware", "groups": 7, "reason": "VT-d is switched off.", "vendor": "intel"},
         "storage": {"disks": [{"name": "sdb\\u001b[2J"}, "sdc", {"model": "nameless"}]}, "network": [],
         "software": {"kernel": "6.1\\u001b[31m", "hostname": null, "hypervisor": "qemu"},
         "laptop": {"batteries": [{"name": "BAT1"}, {"cycles": 3}, {"name": "BAT2", "fullCapacity": 50000}]},
         "readiness": {"findings": [{"level": "warning"}, {"level": "unheard-of"}, 3], "profiles": [{"profile": "x"}]}}
        """)

    private static func document(_ json: String) -> [InventoryPart: JSONValue] {
        guard let inventory = try? FleetJSON.decode([InventoryPart: JSONValue].self, from: .init(json.utf8)) else {
            preconditionFailure("this is no JSON: \(json)")
        }
        return inventory
    }
}
