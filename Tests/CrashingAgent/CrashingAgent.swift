import DurableStream
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Glibc
import HTTPClient
import Hypervisor
import ImageStore
import Placement
import Provisioning
import Signing

/// An agent without a bus that kills or stops itself at a given moment of its work. It carries out the job set in
/// `<directory>/envelope.json`; base images lie in `images`. What it reports goes into `spool.db`, and after that into
/// `reports`, one JSON object a line. It notes the moments that it passed in `points`; `lives` has the process IDs of
/// those that heard their signals.
///
/// There are the profiles `tiny`, and `data` with a data disk of 1 GiB.
///
///     CrashingAgent URI TPM-STATES DIRECTORY HOST PUBLIC-KEY [POINT [stop]]
///
/// POINT is a `FaultPoint` such as `overlay:after-intent`, or `next` for the first that no life has passed. With `stop` it
/// stands still there until it gets SIGCONT.
@main
struct CrashingAgent {
    static func main() async throws {
        try Isolation.require()
        let arguments = CommandLine.arguments
        guard (6...8).contains(arguments.count), let host = HostID(arguments[4]), let fleet = FleetName("test"),
            let key = VerifyingKey(arguments[5]), let profile = ResourceName("tiny"),
            let withData = ResourceName("data")
        else { throw Usage() }
        let directory = arguments[3]
        let target = arguments.count > 6 ? arguments[6] : nil
        let signal = arguments.last == "stop" ? SIGSTOP : SIGKILL
        let logger = Logger(label: "agent")
        let points = try Lines(directory + "/points")
        let reports = try Lines(directory + "/reports")

        var tiny = Profile()
        tiny.memoryMiB = 256
        tiny.vcpus = 1
        tiny.freeDiskMiB = 64
        var data = tiny
        data.dataDiskGiB = 1
        let hypervisor = try LibvirtHypervisor(uri: arguments[1], tpmStates: arguments[2], logger: logger)
        var jobHost = JobHost(
            hypervisor: hypervisor, images: BaseImageStore(directory: directory + "/images", client: HTTPClient()),
            imageSource: { ImageSource(url: "", token: "") }, profiles: [profile: tiny, withData: data],
            vmDirectory: directory + "/images/vms", exportDirectory: directory + "/exports",
            facilities: HostFacilities(accelerator: { .tcg }))
        // No test waits a minute for a guest that is not going to answer.
        jobHost.quiesceLimit = .seconds(10)
        let spool = try Spool(
            path: directory + "/spool.db", time: SystemTimeSource(), bootID: "test", logger: logger)
        let runner = try await JobRunner(
            configuration: JobRunner.Configuration(fleet: fleet, host: host, keys: [key]), host: jobHost,
            journal: JobJournal(path: directory + "/journal.db", bootID: "test"),
            outlets: JobRunner.Outlets(
                report: { report, key in
                    try await spool.append(.jobStatus, report, key: key)
                    reports.append(String(decoding: try FleetJSON.encode(report), as: UTF8.self))
                },
                deferred: { deferral, key in try await spool.append(.jobDeferred, deferral, key: key) },
                progress: { _ in },
                refused: { logger.error("refused: \($0.message)") }),
            logger: logger, isClockSynchronised: { true },
            fault: { point in
                let isNew = points.append(point.description)
                // To this very thread, which takes no further step then.
                if target == point.description || (target == "next" && isNew) { raise(signal) }
            })
        // A job that comes before libvirt has answered waits, and what speaks against it makes it fail later, in place of being refused.
        for _ in 0..<200 where (try? await hypervisor.domains()) == nil { try await Task.sleep(for: .milliseconds(50)) }
        await runner.receive(envelope: [UInt8](try Data(contentsOf: URL(filePath: directory + "/envelope.json"))))
        let lives = try Lines(directory + "/lives")
        let ready = ClosureService("ready") {
            lives.append("\(getpid())")
            while (try? await Task.sleep(for: .seconds(3600))) != nil {}
        }
        try await ServiceGroup([runner, ready], logger: logger).run()
        await hypervisor.close()
        ProcessEnd.leave(0)
    }

    struct Usage: Error, CustomStringConvertible {
        var description: String { "usage: CrashingAgent URI TPM-STATES DIRECTORY HOST PUBLIC-KEY [POINT [stop]]" }
    }
}
