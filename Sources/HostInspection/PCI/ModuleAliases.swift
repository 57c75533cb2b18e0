/// modules.alias of the kernel that runs: which module could drive which PCI function (depmod(8)).
struct ModuleAliases: Sendable {
    private struct Alias {
        var pattern: PCIModuleAlias
        var module: String
    }

    /// By vendor and device; aliases for all devices of a vendor, or for a class, are apart.
    private var exact: [UInt64: [Alias]] = [:]
    private var general: [Alias] = []

    /// Keeps what concerns `functions`, of some ten thousand lines.
    init(_ root: HostRoot, kernel: String?, for functions: [PCIModuleAlias]) {
        guard let kernel, !functions.isEmpty else { return }
        let wanted = Set(functions.compactMap(\.key))
        let start = Array("alias pci:".utf8)
        for directory in ["/lib/modules", "/usr/lib/modules"] {
            let isRead = root.forEachLine(of: "\(directory)/\(kernel)/modules.alias") { line in
                guard line.starts(with: start) else { return }
                let words = line.split(separator: UInt8(ascii: " "))
                guard words.count == 3, let pattern = PCIModuleAlias(words[1]) else { return }
                guard pattern.key.map(wanted.contains) ?? true else { return }
                add(Alias(pattern: pattern, module: String(decoding: words[2], as: UTF8.self)))
            }
            if isRead { return }
        }
    }

    private mutating func add(_ alias: Alias) {
        if let key = alias.pattern.key { exact[key, default: []].append(alias) } else { general.append(alias) }
    }

    /// Sorted.
    func modules(for function: PCIModuleAlias) -> [String] {
        let candidates = (function.key.flatMap { exact[$0] } ?? []) + general
        return Set(candidates.filter { $0.pattern.matches(function) }.map(\.module)).sorted()
    }
}
