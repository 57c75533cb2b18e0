import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Glibc
import HostInspection

/// Inspects trees, and then what garbage makes of them, until something breaks. A trap ends this process and not the
/// test's, whose reader knows from the last line what was inspected.
///
///     InspectionFuzzer SEED ROUNDS [TREE...]
///
/// Each TREE is a directory, or a sketched tree that is laid over a synthetic laptop; that laptop and a machine of two
/// sockets are there anyway. Every round changes one of them, and its seed alone decides which and how:
/// `InspectionFuzzer SEED 1 [TREE...]` repeats a round with the seed of its line, and with KEEP=DIRECTORY in the
/// environment leaves its tree there.
@main
struct InspectionFuzzer {
    struct Usage: Error {}

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 2, let seed = UInt64(arguments[1]), let rounds = UInt64(arguments[2]) else {
            throw Usage()
        }
        // Garbage may ask for all the memory; what is enough for the largest machine is enough for a lie.
        var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let laptop = SyntheticMachine.laptop.tree
        var sources = [laptop, SyntheticMachine(sockets: 2, threads: 8, devices: 60).tree]
        for path in arguments.dropFirst(3) {
            say("tree \(path)")
            sources.append(try tree(path, over: laptop))
            try await inspect(sources[sources.count - 1], includesMomentary: true)
        }
        let mutator = TreeMutator(sources: sources)
        for round in 0..<rounds {
            let roundSeed = seed &+ round
            say("seed \(roundSeed)")
            var generator = SeededGenerator(seed: roundSeed)
            guard var tree = sources.randomElement(using: &generator) else { throw Usage() }
            mutator.mutate(&tree, using: &generator)
            if let kept = ProcessInfo.processInfo.environment["KEEP"] { tree.write(below: kept) }
            try await inspect(tree, includesMomentary: Bool.random(using: &generator))
        }
        say("done")
    }

    /// The line is there before what follows it can end the process.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private static func tree(_ path: String, over laptop: HostTree) throws -> HostTree {
        guard path.hasSuffix(".tree") else { return try HostTree(below: path) }
        let sketch = try HostTree(sketch: String(contentsOfFile: path, encoding: .utf8))
        var tree = laptop
        tree.entries.merge(sketch.entries) { $1 }
        return tree
    }

    /// Inspects a tree, without momentary facts twice, and shows that the documents are JSON that can be read again.
    private static func inspect(_ tree: HostTree, includesMomentary: Bool) async throws {
        let directory = try TemporaryDirectory(below: "/dev/shm")
        tree.write(below: directory.path)
        let profiles = ["small", "large"].compactMap { ResourceName($0) }.map {
            ProfileNeeds(name: $0, memoryBytes: 8 << 30, vcpus: 4, secureBoot: true, tpm: true, bridges: ["br0"])
        }
        let subject = InspectionSubject(
            root: HostRoot(directory.path), agentVersion: "1.2.3", imagesDirectory: "/var/lib/virtfleet-agent/images",
            profiles: profiles, includesMomentary: includesMomentary)
        let inspection = await HostInspector().inspect(subject)
        let json = try FleetJSON.encode(inspection)
        guard try FleetJSON.decode(Inspection.self, from: json) == inspection else {
            throw Broken("not read as written")
        }
        // Free space changes by itself.
        if !includesMomentary {
            let again = await HostInspector().inspect(subject)
            for (first, second) in zip(try inspection.documents(), try again.documents()) where first != second {
                throw Broken(
                    "another answer the second time: "
                        + [first, second].map { String(decoding: $0.json, as: UTF8.self) }.joined(separator: "\n"))
            }
        }
    }

    struct Broken: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }
}
