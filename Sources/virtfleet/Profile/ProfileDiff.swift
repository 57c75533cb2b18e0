import CommandLineKit
import FleetModel
import Placement
import FleetFiles

enum ProfileDiff {
    private static let other = Argument<Source>.positional(
        "FILE|NAME[:VERSION]", "What it would become", completion: .files)

    static let command = Command(
        "diff", "Compare a version of a profile with a file, or with another version",
        discussion: """
            One line for each key that differs. A word with a slash, or with .yaml at its end, is a file.

            Exit status: 0 when both say the same, 3 when they differ.
            """,
        arguments: [ProfileArgument.reference.specification, other.specification],
        examples: [
            .init("virtfleet profile diff office office.yaml", "what 'profile apply' would change"),
            .init("virtfleet profile diff office:2 office:3", "what version 3 has changed"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let old = try await Source.stored(try arguments(ProfileArgument.reference)).document(session)
        let new = try await arguments(other).document(session)
        let differences = ProfileDifference.between(.object(old), .object(new))
        try session.show(differences, as: ProfileDifference.presentation)
        return differences.isEmpty ? .success : .changesPending
    }

    private enum Source: ArgumentValue {
        case file(String)
        case stored(ProfileReference)

        static let expectation = "a file such as office.yaml, or \(ProfileReference.expectation)"

        init?(argument: String) {
            if DocumentFile.isMeant(by: argument) {
                self = .file(argument)
            } else if let reference = ProfileReference(argument: argument) {
                self = .stored(reference)
            } else {
                return nil
            }
        }

        func document(_ session: Session) async throws -> [String: JSONValue] {
            switch self {
            case .file(let path): try Profile(file: path).document()
            case .stored(let reference):
                try await session.client.profile(reference.name, version: reference.version).document
            }
        }
    }
}
