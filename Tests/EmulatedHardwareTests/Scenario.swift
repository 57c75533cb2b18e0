import Configuration
import FoundationEssentials

/// A machine to build, what is done to it, and what an inspection must then say of it: a file of `Scenarios/`.
struct Scenario: ConfigurationSection {
    /// One sentence.
    var description = ""
    /// Arguments of QEMU, any number on a line. Every machine has the drives `system`, a disk to live on, and `empty`.
    var machine: [String] = []
    /// What is added to the kernel's command line.
    var kernel = ""
    /// What is done before the inspection, a verb with its arguments each.
    var steps: [String] = []
    /// Of the inspection's JSON.
    var expect: [String: Expectation] = [:]

    /// What `Guest/init` can do, and the names of the arguments.
    static let verbs = [
        "await": "PATTERN", "bind": "ADDRESS DRIVER", "virtual-functions": "ADDRESS COUNT",
        "huge-pages": "NODE KIB COUNT", "default-route": "ADDRESS", "live-on": "DISK",
    ]

    func validate(_ check: SectionCheck) {
        if description.isEmpty { check.problem("description", "is missing: say in a sentence what this machine is") }
        if machine.isEmpty { check.problem("machine", "is missing: QEMU's arguments, at least -machine q35") }
        if expect.isEmpty { check.problem("expect", "is missing: a scenario that expects nothing cannot fail") }
        for step in steps {
            let words = step.split(separator: " ")
            let arguments = words.first.flatMap { Self.verbs[String($0)] }
            if arguments?.split(separator: " ").count != words.count - 1 {
                let known = Self.verbs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                check.problem("steps", "'\(step)' is none of: " + known.joined(separator: ", "))
            }
        }
    }

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    static let directory =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        + "/Scenarios"

    /// The names of all files, without their ending.
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

    static func load(_ name: String) throws -> Scenario {
        let loaded = ConfigurationLoader.load(Scenario.self, path: "\(directory)/\(name).yaml")
        let problems = loaded.problems + loaded.warnings
        guard problems.isEmpty else {
            throw Unusable(description: problems.map(\.description).joined(separator: "\n"))
        }
        return loaded.value
    }
}
