import CommandLineKit
import FleetFiles
import FleetModel

/// What a document is called that a file holds: as the file, unless another name is given.
struct DocumentNaming: Sendable {
    /// What the document is: "window".
    let word: String

    var given: Argument<ResourceName?> {
        .option("name", "NAME", "The \(word)'s name, where it is not the file's own")
    }

    func name(of file: String, _ arguments: ParsedArguments) throws -> ResourceName {
        guard let name = try arguments(given) ?? DocumentFile.name(of: file) else {
            throw UsageError("a \(word)'s name is \(ResourceName.expectation), which \(file) is not; say --name NAME")
        }
        return name
    }
}
