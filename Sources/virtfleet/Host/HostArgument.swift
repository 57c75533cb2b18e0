import CommandLineKit

/// How commands name a host.
enum HostArgument {
    static let positional = Argument<String>.positional("HOST", "A host's name or ID", completion: .hostNames)
    static let filter = Argument<String?>.option("host", "HOST", "Only of this host", completion: .hostNames)
}
