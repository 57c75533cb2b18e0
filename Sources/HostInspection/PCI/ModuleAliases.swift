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
        let file = ["/lib/modules/\(kernel)/modules.alias", "/usr/lib/modules/\(kernel)/modules.alias"]
            .firstResult { root.bytes($0, limit: 32 << 20) }
        guard let file else { return }
        let wanted = Set(functions.compactMap(\.key))
        let start = Array("alias pci:".utf8)
        file.forEachLine { line in
            guard line.starts(with: start) else { return }
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count == 3, let pattern = PCIModuleAlias(words[1]) else { return }
            guard let key = pattern.key else {
                general.append(Alias(pattern: pattern, module: String(decoding: words[2], as: UTF8.self)))
                return
            }
            guard wanted.contains(key) else { return }
            exact[key, default: []].append(Alias(pattern: pattern, module: String(decoding: words[2], as: UTF8.self)))
        }
    }

    /// Sorted.
    func modules(for function: PCIModuleAlias) -> [String] {
        let candidates = (function.key.flatMap { exact[$0] } ?? []) + general
        return Set(candidates.filter { $0.pattern.matches(function) }.map(\.module)).sorted()
    }
}
