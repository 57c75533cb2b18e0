import Glibc

extension HostCollector {
    /// /proc/self/stat (proc_pid_stat(5)).
    static let agent = HostCollector(name: "agent") { input, samples in
        // The second field is the name in parentheses, which may contain anything; the third follows the last of them.
        guard let text = input.files.text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let pages = Double(fields[21])
        else { return }
        samples.add(.agentCPUSeconds, (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
        samples.add(.agentResidentMemory, pages * Double(sysconf(Int32(_SC_PAGESIZE))))
    }
}
