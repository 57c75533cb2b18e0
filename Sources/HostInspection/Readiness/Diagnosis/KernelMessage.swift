import FleetModel

/// A message of the kernel or of VFIO that says something other than it seems to, or that needs to be known.
public struct KernelMessage: Sendable {
    /// As people quote it: the anchor of a line in docs/readiness.md.
    public let quote: String
    /// All of them are in the message.
    let words: [String]
    let level: Finding.Level
    public let meaning: String
    public let action: String?
    /// Whether the message tells anything on this machine.
    private let matters: @Sendable (ReadinessFacts) -> Bool

    init(
        _ quote: String, words: [String], _ level: Finding.Level, meaning: String, action: String?,
        matters: @escaping @Sendable (ReadinessFacts) -> Bool = { _ in true }
    ) {
        self.quote = quote
        self.words = words
        self.level = level
        self.meaning = meaning
        self.action = action
        self.matters = matters
    }

    /// What was found of one kind of message.
    struct Diagnosis {
        let message: KernelMessage
        /// The first of its kind.
        let text: String
        /// All that the messages name, sorted.
        let devices: [PCIAddress]
    }

    /// The kernel says that the firmware keeps virtualisation off.
    static func isVirtualisationOff(_ message: KernelLog.Message) -> Bool {
        message.contains("kvm: disabled by bios") || message.contains("VMX not enabled (by BIOS)")
            || message.contains("SVM disabled (by BIOS)")
    }

    /// In the order of the table. A message belongs to the first kind that it fits.
    static func diagnose(_ facts: ReadinessFacts) -> [Diagnosis] {
        let table = all.filter { $0.matters(facts) && $0.words.allSatisfy(facts.kernelLog.contains) }
        if table.isEmpty { return [] }
        var first: [Int: String] = [:]
        var devices: [Int: Set<PCIAddress>] = [:]
        for message in facts.kernelLog.messages {
            guard let kind = table.firstIndex(where: { $0.words.allSatisfy(message.contains) }) else { continue }
            if first[kind] == nil { first[kind] = message.text }
            devices[kind, default: []].formUnion(addresses(in: message.text))
        }
        return table.indices.compactMap { kind in
            first[kind].map { Diagnosis(message: table[kind], text: $0, devices: devices[kind, default: []].sorted()) }
        }
    }

    /// The PCI functions that a message names: `0000:01:00.0:`, `[01:00.0]`, `0x01:00.0` (drivers/iommu/intel/dmar.c).
    static func addresses(in text: String) -> [PCIAddress] {
        text.split { !($0.isHexDigit || $0 == ":" || $0 == "." || $0 == "x") }.compactMap { word in
            var word = word
            while word.last == ":" || word.last == "." { word.removeLast() }
            if word.hasPrefix("0x") { word = word.dropFirst(2) }
            return PCIAddress(String(word)) ?? PCIAddress("0000:" + word)
        }
    }
}
