import CommandLineKit
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct ProgressDisplayTests {
    @Test func progressIsABarOnATerminalAndNowAndThenALineElsewhere() {
        let time = ManualTimeSource()
        let terminal = Recorder()
        let bar = ProgressDisplay(
            "Uploading", stream: .init(isTerminal: true, width: 60, sink: terminal.add), timeSource: time)
        let log = Recorder()
        let lines = ProgressDisplay("Uploading", stream: .init(sink: log.add), timeSource: time)
        for step in 0...200 {
            bar.update(Double(step) / 200, "\(step) MiB")
            lines.update(Double(step) / 200, "\(step) MiB")
            time.advance(by: .milliseconds(50))
        }
        bar.finish("uploaded")
        lines.finish("uploaded")
        #expect(log.pieces == ["Uploading: 0 %, 0 MiB\n", "Uploading: 100 %, 200 MiB\n", "uploaded\n"])
        #expect(terminal.pieces.count == 103, "at most ten times a second")
        #expect(terminal.pieces[51] == "\r\u{1B}[KUploading  [############............]  51 %  102 MiB")
        #expect(terminal.pieces.suffix(2) == ["\r\u{1B}[K", "uploaded\n"])
    }
}
