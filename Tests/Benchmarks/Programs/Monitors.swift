import FleetTestSupport
import Foundation
import HTTPClient
import Subprocess

/// collectd with its virt plugin, prometheus-libvirt-exporter and node_exporter, all on one libvirt.
final class Monitors {
    let processes: [(name: String, process: ChildProcess)]
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
        processes = [
            (
                "collectd",
                try ChildProcess(
                    "/usr/sbin/collectd", ["-f", "-C", directory.file("collectd.conf")],
                    output: .file(directory.file("collectd.log")))
            ),
            (
                "prometheus-libvirt-exporter",
                try ChildProcess(
                    "/usr/bin/prometheus-libvirt-exporter",
                    ["--libvirt.uri", libvirt, "--web.listen-address", "127.0.0.1:\(ports[0])"],
                    output: .file(directory.file("libvirt-exporter.log")))
            ),
            (
                "node_exporter",
                try ChildProcess(
                    "/usr/bin/prometheus-node-exporter", ["--web.listen-address", "127.0.0.1:\(ports[1])"],
                    output: .file(directory.file("node-exporter.log")))
            ),
        ]
        guard try await eventually({ ports.allSatisfy(LoopbackPort.accepts) }) else {
            throw BenchmarkFailure("the exporters do not listen")
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
        for (_, process) in processes { await process.terminate() }
    }
}
