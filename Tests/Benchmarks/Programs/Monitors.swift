import FleetTestSupport
import Foundation
import HTTPClient
import Subprocess

/// collectd with its virt plugin, prometheus-libvirt-exporter and node_exporter, all on one libvirt.
final class Monitors {
    struct Monitor {
        let name: String
        let process: ChildProcess
        let log: String
    }

    let all: [Monitor]
    private let ports: [UInt16]
    private let http = HTTPClient()

    /// Returns when both exporters answer.
    init(_ libvirt: String, _ directory: TemporaryDirectory) async throws {
        try """
        BaseDir "\(directory.path)"
        PIDFile "\(directory.file("collectd.pid"))"
        Interval 30
        LoadPlugin virt
        LoadPlugin csv
        <Plugin virt>
          Connection "\(libvirt)"
        </Plugin>
        <Plugin csv>
          DataDir "\(directory.file("collectd"))"
        </Plugin>

        """.write(toFile: directory.file("collectd.conf"), atomically: true, encoding: .utf8)
        let ports = [LoopbackPort.free(), LoopbackPort.free()]
        self.ports = ports
        func start(_ name: String, _ program: String, _ arguments: [String]) throws -> Monitor {
            let log = directory.file(name + ".log")
            return Monitor(name: name, process: try ChildProcess(program, arguments, output: .file(log)), log: log)
        }
        all = [
            try start("collectd", "/usr/sbin/collectd", ["-f", "-C", directory.file("collectd.conf")]),
            try start(
                "prometheus-libvirt-exporter", "/usr/bin/prometheus-libvirt-exporter",
                ["--libvirt.uri", libvirt, "--web.listen-address", "127.0.0.1:\(ports[0])"]),
            try start(
                "node_exporter", "/usr/bin/prometheus-node-exporter",
                ["--web.listen-address", "127.0.0.1:\(ports[1])"]),
        ]
        guard try await eventually({ ports.allSatisfy(LoopbackPort.accepts) }) else {
            throw BenchmarkFailure("the exporters do not listen")
        }
    }

    /// - Throws: when one has ended.
    func check() throws {
        for monitor in all {
            guard let exit = monitor.process.exit else { continue }
            let log = (try? String(contentsOfFile: monitor.log, encoding: .utf8)) ?? ""
            throw BenchmarkFailure("\(monitor.name) \(exit):\n\(log.suffix(2000))")
        }
    }

    /// As Prometheus does.
    func scrape() async throws {
        for port in ports {
            let answer = try await http.send(HTTPRequest(url: "http://127.0.0.1:\(port)/metrics"))
            guard answer.isSuccess else { throw BenchmarkFailure("port \(port) answers \(answer.status)") }
        }
    }

    func stop() async {
        for monitor in all { await monitor.process.terminate() }
    }
}
