import FleetTestSupport
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import Subprocess

@Suite struct ChildProcessTests {
    @Test func tellsHowTheProgramEnded() async throws {
        let exit = try await ChildProcess("/bin/sh", ["-c", "exit 7"]).wait()
        #expect(exit == .status(7))
        let killed = try await ChildProcess("/bin/sleep", ["1000"]).kill()
        #expect(killed == .signal(SIGKILL))
    }

    @Test func killsAProgramThatIgnoresTermination() async throws {
        let directory = try TemporaryDirectory()
        let ready = directory.file("ready")
        let child = try ChildProcess("/bin/sh", ["-c", "trap '' TERM; touch \(ready); while :; do sleep 1000; done"])
        while access(ready, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await child.terminate(within: .milliseconds(50)) == .signal(SIGKILL))
        #expect(child.exit == .signal(SIGKILL))
        child.signal(SIGKILL)
    }

    @Test func handsOnEveryLineInOrder() async throws {
        let lines = Mutex<[String]>([])
        let script = "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; printf unended >&2"
        let child = try ChildProcess(
            "/bin/sh", ["-c", script], output: .lines { line in lines.withLock { $0.append(line) } })
        await child.wait()
        while lines.withLock(\.count) < 501 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(lines.withLock { $0 } == (0..<500).map { "line \($0)" } + ["unended"])
    }

    @Test func givesTheProgramItsEnvironmentAndAppendsToTheLog() async throws {
        let directory = try TemporaryDirectory()
        let log = directory.file("log")
        for colour in ["blue", "green"] {
            try await ChildProcess(
                "/bin/sh", ["-c", "echo $COLOUR"], environment: ["COLOUR": colour], output: .file(log)
            ).wait()
        }
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "blue\ngreen\n")
    }

    @Test func handsOnNoDescriptor() async throws {
        let directory = try TemporaryDirectory()
        let log = directory.file("log")
        let held = dup(STDIN_FILENO)
        defer { close(held) }
        try await ChildProcess("/bin/sh", ["-c", "for d in /proc/$$/fd/*; do echo ${d##*/}; done"], output: .file(log))
            .wait()
        let descriptors = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap {
            Int32($0)
        }
        #expect(!descriptors.contains(held) && descriptors.starts(with: [0, 1, 2]))
    }

    @Test func saysWhatCouldNotBeStarted() {
        #expect(throws: SubprocessError.self) { _ = try ChildProcess("/nowhere/mosquitto") }
    }
}
