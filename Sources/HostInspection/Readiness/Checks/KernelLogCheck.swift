extension Check {
    static let kernelLog = Check(
        "kernel-log", reason: "The kernel says what went wrong with a device, in words that need translating."
    ) { facts in
        guard !facts.kernelLog.messages.isEmpty else {
            return [
                .unknown(
                    "The kernel's log cannot be read.",
                    shownBy: "Root can read it; of a copied tree it is told by /var/log/dmesg.")
            ]
        }
        let diagnoses = KernelMessage.diagnose(facts)
        guard !diagnoses.isEmpty else {
            return [.ok("None of the \(KernelMessage.all.count) messages worth knowing is in the kernel's log.")]
        }
        return diagnoses.map { diagnosis in
            // The oldest messages leave the log in the end, and with them the first one.
            let quote = facts.quotesMomentary ? diagnosis.text : diagnosis.message.quote
            let devices = diagnosis.devices.map(\.description).joined(separator: ", ")
            return Outcome(
                level: diagnosis.message.level,
                evidence: "\"\(quote)\"\(devices.isEmpty ? "" : " (\(devices))"): \(diagnosis.message.meaning)",
                fix: diagnosis.message.action)
        }
    }
}
