import CommandLineKit
import FleetModel
import Glibc

enum HostAdd {
    private static let name = Argument<ResourceName>.positional("NAME", "The new host's name")
    private static let file = Argument<String?>.option(
        "output-file", "FILE", "Write agent.yaml there, readable by its owner alone, in place of printing it",
        completion: .files)

    static let command = Command(
        "add", "Register a host and print its agent.yaml",
        discussion: """
            The printed configuration holds the host's secrets and is shown only this once. Bring it to the \
            workstation as /etc/virtfleet/agent.yaml.
            """,
        arguments: [name.specification, file.specification],
        examples: [.init("virtfleet host add anna-laptop --output-file agent.yaml", "keep the secrets off the screen")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let name = try arguments(name)
        // The file is made first: a registration whose secrets cannot be kept would be of no use.
        let path = try arguments(file)
        let descriptor = try path.map(create)
        let registration: HostRegistration
        do {
            registration = try await session.client.addHost(name)
        } catch {
            if let path { unlink(path) }
            throw error
        }
        guard let path, let descriptor else {
            console.output.write(registration.agentConfiguration)
            return .success
        }
        let bytes = Array(registration.agentConfiguration.utf8)
        let count = write(descriptor, bytes, bytes.count)
        guard close(descriptor) == 0, count == bytes.count else {
            throw Failure(
                """
                host '\(name)' is registered, but \(path) could not be written: \(String(cString: strerror(errno))); \
                remove the host and add it again
                """)
        }
        console.error.line("host '\(name)' is registered; bring \(path) to it as /etc/virtfleet/agent.yaml")
        return .success
    }

    private static func create(_ path: String) throws -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure("cannot make \(path): \(String(cString: strerror(errno))); nothing was registered")
        }
        return descriptor
    }
}
