import FleetModel
import FleetTestSupport
import Testing

@testable import FleetServer

@Suite struct FleetMetricsTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    private func scrape() async throws -> [String] {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.get("/metrics")
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            return reply.text.split(separator: "\n").map(String.init)
        }
    }

    @Test func theLatestBatchOfEachHostIsExposedUnderItsNames() async throws {
        fixture.metrics.counter("virtfleet_own_total", help: "Own.").increment()
        let host = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        _ = try await fixture.addHost("ws-2")
        let disk = #"virtfleet_vm_block_read_bytes_total{device="sda"}"#
        try await fixture.send(
            metrics: MetricsBatch(
                time: fixture.time.now(), host: ["virtfleet_host_memory_bytes": 17_179_869_184],
                vms: [APIFixture.vm: [disk: 42], VMID.random(): ["virtfleet_vm_vcpus": 2]]), from: host)
        let lines = try await scrape()
        #expect(lines.contains("virtfleet_own_total 1"))
        #expect(lines.contains(#"virtfleet_host_memory_bytes{host="ws-1"} 17179869184.0"#))
        #expect(
            lines.contains(#"virtfleet_vm_block_read_bytes_total{host="ws-1",vm="plc-lab",device="sda"} 42.0"#))
        #expect(lines.contains("# TYPE virtfleet_vm_block_read_bytes_total counter"))
        #expect(lines.contains(#"virtfleet_host_online{host="ws-2"} 0.0"#))
        #expect(lines.filter { $0.hasPrefix("# TYPE virtfleet_host_online ") }.count == 1)
        #expect(lines.contains("virtfleet_fleet_shared_vm_identities{} 0.0"))
        // A family's lines stand together.
        let names = lines.filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "{" && $0 != " " } }
        #expect(zip(names, names.dropFirst()).count { $0 != $1 } == Set(names).count - 1)
    }

    @Test func whatIsOldIsLeftOut() async throws {
        let host = try await fixture.addHost("ws-1")
        try await fixture.send(
            metrics: MetricsBatch(time: fixture.time.now(), host: ["virtfleet_host_load1": 1], vms: [:]), from: host)
        fixture.time.advance(by: .seconds(301))
        #expect(try await scrape().contains { $0.hasPrefix("virtfleet_host_load1") } == false)
    }

    @Test(arguments: [
        "", "a b", "a{", "a{}", "a{b}", #"a{b="c}"#, #"a{b="c"} 1"#, "a\n# EOF", #"a{b="c"# + "\n" + #"x"}"#,
        #"a{b="\x"}"#, #"a{1b="c"}"#, "ä",
    ])
    func aKeyThatWouldBreakTheFormatIsLeftOut(key: String) async throws {
        #expect(SeriesKey(key) == nil)
    }

    @Test(arguments: [
        ("a", "a", ""), (#"a{b="c"}"#, "a", #"b="c""#), (#"a:b{c="d",e="\"\\\n{}"}"#, "a:b", #"c="d",e="\"\\\n{}""#),
    ])
    func takesKeysApart(key: String, name: String, labels: String) throws {
        let series = try #require(SeriesKey(key))
        #expect(series.name == name)
        #expect(series.labels == labels)
    }
}
