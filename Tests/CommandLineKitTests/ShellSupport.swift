import Glibc

/// Runs a script with `sh` and returns what it printed.
func shell(_ script: String) throws -> String {
    guard let pipe = popen(script, "r") else { throw ShellError(script: script) }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { output += chunk.prefix(count) }
    pclose(pipe)
    return String(decoding: output, as: UTF8.self)
}

struct ShellError: Error { let script: String }
