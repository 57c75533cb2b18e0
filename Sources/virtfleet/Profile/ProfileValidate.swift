import CommandLineKit
import Drawing
import Placement
import FleetFiles

enum ProfileValidate {
    private static let files = Argument<[String]>.positionals("FILE", "A profile's YAML file", completion: .files)

    static let command = Command(
        "validate", "Check files for everything that is wrong with them, without the controller",
        discussion: "Exit status: 0 when each is a profile, 1 when one is not.",
        arguments: [files.specification],
        examples: [.init("virtfleet profile validate profiles/*.yaml", "before they are committed")]
    ) { arguments, console in
        var exitCode = ExitCode.success
        for file in try arguments(files) {
            do throws(InvalidDocument) {
                _ = try Profile(file: file)
            } catch {
                for problem in error.problems { console.error.line(problem.withoutControls) }
                exitCode = .failure
            }
        }
        return exitCode
    }
}
