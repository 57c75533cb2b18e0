import Subprocess

/// Runs a script with `sh` and returns what it printed.
func shell(_ script: String) async throws -> String {
    try await Subprocess.run("sh", ["-c", script]).text
}
