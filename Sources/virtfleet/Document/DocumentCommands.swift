import CommandLineKit
import FleetModel

/// The verbs of windows and policies that are alike.
struct DocumentCommands: Sendable {
    let kind: DocumentKind
    let presentation: Presentation<DocumentResource>
    /// Reads a file, and gives the whole document.
    let read: @Sendable (_ file: String) throws -> [String: JSONValue]

    private var word: String { kind.rawValue }

    var name: Argument<ResourceName> {
        .positional("NAME", "The \(word)", completion: .documentNames(kind))
    }

    var list: Command {
        Command("list", "List the \(kind.collection)") { [self] arguments, console in
            let session = try Session(arguments, console)
            try session.show(try await session.client.documents(kind), as: presentation)
            return .success
        }
    }

    func apply(discussion: String) -> Command {
        let file = Argument<String>.positional("FILE", "The \(word)'s YAML file", completion: .files)
        let naming = DocumentNaming(word: word)
        return Command(
            "apply", "Make a \(word) what a file says", discussion: discussion,
            arguments: [file.specification, naming.given.specification],
            examples: [.init("virtfleet \(word) apply nightly.yaml", "as \(word) nightly")]
        ) { [self] arguments, console in
            let session = try Session(arguments, console)
            let file = try arguments(file)
            let name = try naming.name(of: file, arguments)
            let application = try await session.client.applyDocument(kind, name, document: try read(file))
            console.error.line(
                application.changed
                    ? "\(word) '\(name)' is applied" : "nothing changed: the file says what \(word) '\(name)' says")
            try session.show(application.applied, as: presentation)
            return .success
        }
    }

    func delete(discussion: String) -> Command {
        Command(
            "delete", "Delete a \(word)", discussion: discussion,
            arguments: [name.specification, Confirmation.yes.specification]
        ) { [self] arguments, console in
            let session = try Session(arguments, console)
            let found = try await session.client.document(kind, try arguments(name))
            try Confirmation.demand("Delete \(word) '\(found.name)'?", arguments, console)
            try await session.client.removeDocument(kind, found.name)
            console.error.line("\(word) '\(found.name)' is deleted")
            return .success
        }
    }
}

extension DocumentResource {
    /// - Parameter keys: those shown in lists, with their titles.
    static func columns<Item>(
        _ keys: [(title: String, key: String)], of resource: @escaping @Sendable (Item) -> DocumentResource
    ) -> [Column<Item>] {
        [Column("NAME", mayShrink: true) { Cell(resource($0).name.description) }]
            + keys.map { title, key in
                Column(title, mayShrink: key == "recurrence") { item in
                    .optional(resource(item).document[key]?.stringValue)
                }
            } + [Column("APPLIED") { .age(resource($0).updatedAt) }]
    }

    func details(_ kind: String) -> [DetailSection] {
        [
            DetailSection(nil, [(kind, Cell(name.description)), ("Applied", .time(updatedAt))]),
            DetailSection("Keys", JSONValue.object(document).flattened()),
        ]
    }
}
