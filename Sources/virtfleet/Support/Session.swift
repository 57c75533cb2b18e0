import CommandLineKit
import FleetClient
import FoundationEssentials

/// What every command needs: the controller, the terminal, and how to print.
struct Session: Sendable {
    static let controller = Argument<ControllerAddress>.option(
        "controller", "ADDRESS", "The controller's address: \(ControllerAddress.expectation)", default: .standard,
        environment: "VIRTFLEET_CONTROLLER")
    static let tokenFile = Argument<String?>.option(
        "token-file", "FILE", "A file with the API token, which TCP needs; else VIRTFLEET_TOKEN is sent",
        completion: .files)
    static let output = Argument<OutputFormat>.option("output", short: "o", "FORMAT", "How to print", default: .table)
    static let noHeaders = Argument<Bool>.flag("no-headers", "Leave out the titles of table and CSV columns")

    static let arguments = [
        controller.specification, tokenFile.specification, output.specification, noHeaders.specification,
    ]

    let client: FleetClient
    let console: Console
    let format: OutputFormat
    private let headers: Bool

    init(_ arguments: ParsedArguments, _ console: Console) throws {
        var token = console.environment["VIRTFLEET_TOKEN"]
        if let path = try arguments(Self.tokenFile) {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Failure("cannot read the token file \(path); check the path and its permissions")
            }
            token = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
            guard token != nil else { throw Failure("the token file \(path) is empty") }
        }
        client = FleetClient(address: try arguments(Self.controller), token: token)
        self.console = console
        format = try arguments(Self.output)
        headers = try !arguments(Self.noHeaders)
    }

    /// Whether a person reads the output.
    var printsForPeople: Bool { format == .table || format == .wide }

    func renderer<Item>(_ presentation: Presentation<Item>) -> Renderer<Item> {
        Renderer(
            presentation, format: format, headers: headers, width: console.output.width,
            usesColor: console.output.usesColor)
    }

    func show<Item>(_ items: [Item], as presentation: Presentation<Item>) throws {
        var renderer = renderer(presentation)
        console.output.write(try renderer.text(.list(items)))
        if let hint = renderer.hint(for: items) { console.error.line(hint) }
    }

    func show<Item>(_ item: Item, as presentation: Presentation<Item>) throws {
        var renderer = renderer(presentation)
        console.output.write(try renderer.text(.one(item)))
    }
}
