import CommandLineKit
import FleetModel

enum KeyCommands {
    static let all = [list, rotate, retire]

    private static let key = Argument<String>.positional(
        "KEYID", "A key that signs, by its ID", completion: .keyIDs)
    private static let force = Argument<Bool>.flag("force", "Also while hosts trust no other key")

    private static let list = Command(
        "list", "List the keys that sign for the controller, and who trusts them"
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(try await session.client.keys(), as: KeyResource.presentation)
        return .success
    }

    private static let rotate = Command(
        "rotate", "Make the next key; both sign until one is retired",
        discussion: """
            Hosts learn of the new key by themselves, those that are away when they come back. 'virtfleet key list' tells \
            how many have. Then retire the old one.
            """
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(try await session.client.rotateKey(), as: KeyResource.presentation)
        return .success
    }

    private static let retire = Command(
        "retire", "Give up a key for good; refused while hosts trust no other",
        discussion: """
            A host that is left behind with --force takes nothing from the controller any more until its agent.yaml names \
            the other key, which 'virtfleet key list -o yaml' shows, and its agent is started again.
            """,
        arguments: [key.specification, force.specification, Confirmation.yes.specification],
        examples: [.init("virtfleet key retire 5b1c0e8f2a7d4c39", "end a change of keys")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let (id, force) = (try arguments(key), try arguments(force))
        let others = try await session.client.keys().filter { $0.id != id }
        let behind = Set(others.flatMap(\.missing)).subtracting(others.flatMap(\.hosts))
        let loss = force && !behind.isEmpty ? " \(behind.count) hosts will need a new agent.yaml." : ""
        try Confirmation.demand("Give up key \(id) for good?\(loss)", arguments, console)
        try session.show(try await session.client.retireKey(id, force: force), as: KeyResource.presentation)
        return .success
    }
}
