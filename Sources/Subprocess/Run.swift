import CProcess
import FleetRuntime
import Glibc

/// One run of one program, on a thread of its own: spawns, reads both streams and waits in one poll(2), so that a full
/// pipe cannot block either side and the process cannot be reaped while its group is being killed.
actor Run {
    nonisolated let cancellation: Signal
    private let executor = ThreadExecutor(name: "subprocess")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let command: Command
    private let input: Descriptor
    private let deadline: Duration
    private let timeout: Duration
    private let maximumOutputBytes: Int
    private let onOutput: (@Sendable ([UInt8]) -> Void)?

    init(
        command: Command, input: [UInt8]?, timeout: Duration, maximumOutputBytes: Int,
        onOutput: (@Sendable ([UInt8]) -> Void)?
    ) throws(SubprocessError) {
        self.command = command
        self.input = try Descriptor.input(input, for: command.program)
        self.timeout = timeout
        deadline = SystemTimeSource().monotonic() + timeout
        self.maximumOutputBytes = maximumOutputBytes
        self.onOutput = onOutput
        cancellation = try Signal(for: command.program)
    }

    func result() -> Result<Subprocess.Output, SubprocessError> {
        Result { () throws(SubprocessError) in try run() }
    }

    private func run() throws(SubprocessError) -> Subprocess.Output {
        let program = command.program
        let (output, outputEnd) = try Descriptor.pipe(for: program)
        let (error, errorEnd) = try Descriptor.pipe(for: program)
        let pid = try command.spawn(input: input, output: outputEnd, error: errorEnd)
        let process = Descriptor(vf_pidfd_open(pid))
        let failure: SubprocessError?
        var streams = [Stream(output), Stream(error)]
        if process.number < 0 {
            failure = .cannotStart(program, operation: "pidfd_open", errno: errno)
        } else {
            failure = follow(process, &streams)
        }
        // The zombie still holds the group's number, so this hits nobody else; what the program left behind ends too.
        kill(-pid, SIGKILL)
        let status = reap(pid)
        if let failure { throw failure }
        return Subprocess.Output(
            program: program, status: status, standardOutput: streams[0].bytes, standardError: streams[1].bytes)
    }

    /// Reads until the program ends.
    /// - Returns: why it must be killed, or nil.
    private func follow(_ process: Descriptor, _ streams: inout [Stream]) -> SubprocessError? {
        while true {
            let left = deadline - SystemTimeSource().monotonic()
            if left <= .zero { return .timedOut(command.program, after: timeout) }
            // poll(2) skips negative descriptors: a stream at its end.
            var entries = [process.number, cancellation.descriptor, streams[0].descriptor, streams[1].descriptor]
                .map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let milliseconds = Int32(clamping: Int64((left.seconds * 1000).rounded(.up)))
            let count = poll(&entries, nfds_t(entries.count), milliseconds)
            if count < 0 && errno != EINTR {
                return .cannotStart(command.program, operation: "poll", errno: errno)
            }
            guard count > 0 else { continue }
            if entries[1].revents != 0 { return .cancelled(command.program) }
            let ended = entries[0].revents != 0
            for index in streams.indices where ended || entries[index + 2].revents != 0 {
                let before = streams[index].bytes.count
                streams[index].drain(upTo: maximumOutputBytes)
                if index == 0, let onOutput, streams[0].bytes.count > before {
                    onOutput(Array(streams[0].bytes[before...]))
                }
                if streams[index].bytes.count > maximumOutputBytes {
                    return .outputTooLarge(command.program, limit: maximumOutputBytes)
                }
            }
            if ended { return nil }
        }
    }

    private func reap(_ pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

/// One of the program's output streams: what has been read of it.
private struct Stream {
    private let pipe: Descriptor
    private var ended = false
    private(set) var bytes: [UInt8] = []

    init(_ pipe: Descriptor) {
        self.pipe = pipe
        _ = fcntl(pipe.number, F_SETFL, O_NONBLOCK)
    }

    /// -1 once at its end.
    var descriptor: Int32 { ended ? -1 : pipe.number }

    /// Takes what the pipe holds now, and stops soon after the limit.
    mutating func drain(upTo limit: Int) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while !ended && bytes.count <= limit {
            let count = read(pipe.number, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 {
                ended = true
            } else if errno != EINTR {
                return
            }
        }
    }
}
