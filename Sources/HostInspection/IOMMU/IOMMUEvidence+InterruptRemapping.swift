extension IOMMUEvidence {
    /// Without it VFIO refuses devices. Asked of what is in use, then of the log, then of the command line.
    var interruptRemapping: Bool? {
        let chips = interruptChips
        if chips.contains(where: { $0.hasPrefix("IR-") }) { return true }
        if log.contains("DMAR-IR: Enabled IRQ remapping") || log.contains("AMD-Vi: Interrupt remapping enabled") {
            return true
        }
        if chips.contains(where: { $0.contains("MSI") || $0.contains("IO-APIC") }) { return false }
        if log.isComplete { return false }
        if let commandLine, commandLine.values(of: "intremap").last == "off" || commandLine.has("nointremap") {
            return false
        }
        return nil
    }

    /// The interrupt controllers in /proc/interrupts: behind the number and a counter for each processor.
    private var interruptChips: [Substring] {
        guard let lines = interrupts?.split(separator: "\n"), let processors = lines.first else { return [] }
        let count = processors.split(separator: " ").count
        return lines.dropFirst().compactMap { line in
            let words = line.split(separator: " ", maxSplits: count + 2)
            guard words.count > count + 1, let number = words.first, number.dropLast().allSatisfy(\.isNumber) else {
                return nil
            }
            return words[count + 1]
        }
    }
}
