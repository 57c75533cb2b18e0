import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

@Suite struct SubprocessTests {
    @Test func passesArgumentsEnvironmentAndInputUnchanged() async throws {
        let output = try await Subprocess.run(
            "sh", ["-c", "printf '%s|' \"$@\" \"$NAME\"; cat", "sh", "a b", "", "$HOME"],
            environment: ["NAME": "ä ö", "PATH": "/usr/bin:/bin"], input: Array("from input".utf8))
        #expect(output.status == 0)
        #expect(output.text == "a b||$HOME|ä ö|from input")
    }

    @Test func keepsBothStreamsApartWhenBothExceedAPipe() async throws {
        let count = 300_000
        let output = try await Subprocess.run(
            "sh", ["-c", "head -c \(count) /dev/zero >&2; head -c \(count) /dev/zero | tr '\\0' x"])
        #expect(output.standardOutput == [UInt8](repeating: UInt8(ascii: "x"), count: count))
        #expect(output.standardError == [UInt8](repeating: 0, count: count))
    }

    @Test func bigInputIsReadWhole() async throws {
        let input = [UInt8](repeating: UInt8(ascii: "y"), count: 1 << 20)
        let output = try await Subprocess.run("wc", ["-c"], input: input)
        #expect(output.text.split(separator: "\n").first.flatMap { Int($0) } == 1 << 20)
    }

    @Test func reportsStatusAndSignal() async throws {
        #expect(try await Subprocess.run("sh", ["-c", "exit 3"]).status == 3)
        #expect(try await Subprocess.run("sh", ["-c", "kill -TERM $$"]).status == 128 + SIGTERM)
        await #expect(throws: SubprocessError.failed("sh", status: 3, standardError: "sorry\n")) {
            try await Subprocess.run("sh", ["-c", "echo sorry >&2; exit 3"]).successful()
        }
    }

    @Test func aMissingProgramSaysWhatToInstall() async throws {
        let error = await #expect(throws: SubprocessError.self) {
            try await Subprocess.run("qemu-img", environment: ["PATH": "/nonexistent"])
        }
        // /usr/sbin and /sbin are searched as well; qemu-img lies in neither.
        #expect(error == .notFound("qemu-img", searched: "/nonexistent"))
        #expect(error?.description.contains("install qemu-utils") == true)
        await #expect(throws: SubprocessError.notFound("/etc/passwd", searched: nil)) {
            try await Subprocess.run("/etc/passwd")
        }
    }

    @Test func theTimeLimitKillsTheWholeGroup() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("pid")
        await #expect(throws: SubprocessError.timedOut("sh", after: .milliseconds(500))) {
            try await Subprocess.run(
                "sh", ["-c", "sleep 1000 & echo $! > \(file); wait"], timeout: .milliseconds(500))
        }
        try await expectGone(file)
    }

    @Test func cancellationKillsTheWholeGroup() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("pid")
        let task = Task {
            try await Subprocess.run("sh", ["-c", "sleep 1000 & echo $! > \(file).new; mv \(file).new \(file); wait"])
        }
        while access(file, F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: SubprocessError.cancelled("sh")) { try await task.value }
        try await expectGone(file)
    }

    @Test func whatTheProgramLeavesBehindEndsWithIt() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("pid")
        let output = try await Subprocess.run("sh", ["-c", "sleep 1000 & echo $! > \(file); echo done"])
        #expect(output.text == "done\n")
        try await expectGone(file)
    }

    @Test func endlessOutputIsCutOff() async throws {
        await #expect(throws: SubprocessError.outputTooLarge("yes", limit: 1 << 20)) {
            try await Subprocess.run("yes", maximumOutputBytes: 1 << 20)
        }
    }

    @Test func limitsHoldInTheProgram() async throws {
        let limits = Subprocess.Limits(addressSpaceBytes: 1 << 30, cpuSeconds: 7)
        let output = try await Subprocess.run("sh", ["-c", "ulimit -v; ulimit -t"], limits: limits)
        #expect(output.text == "\((1 << 30) / 1024)\n7\n")
        let busy = try await Subprocess.run(
            "sh", ["-c", "while :; do :; done"], limits: Subprocess.Limits(cpuSeconds: 1))
        #expect(busy.status == 128 + SIGKILL || busy.status == 128 + SIGXCPU)
    }

    @Test func noDescriptorButTheThreeStreamsIsInherited() async throws {
        // Deliberately without close-on-exec.
        let leaked = open("/dev/null", O_RDONLY)
        defer { close(leaked) }
        let output = try await Subprocess.run("sh", ["-c", "ls /proc/$$/fd"])
        #expect(output.text == "0\n1\n2\n")
    }

    @Test func ignoredAndBlockedSignalsAreDefaultInTheProgram() async throws {
        signal(SIGUSR1, SIG_IGN)
        defer { signal(SIGUSR1, SIG_DFL) }
        let output = try await Subprocess.run("grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"])
        let masks = output.text.split(separator: "\n").compactMap {
            $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        }
        // Signals 32 and 33 are glibc's own and out of reach.
        #expect(masks.map { $0 & 0x7FFF_FFFF } == [0, 0])
    }

    @Test func runsSideBySide() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<32 {
                group.addTask { try await Subprocess.run("echo", ["\(index)"]).text }
            }
            var seen: Set<String> = []
            for try await text in group { seen.insert(text) }
            #expect(seen == Set((0..<32).map { "\($0)\n" }))
        }
    }

    /// Waits until the process is gone or waits for its reaper, which may be neither this process nor at once.
    private func expectGone(_ file: String) async throws {
        let pid = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")[0]
        while let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            !status.contains(") Z ")
        {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
