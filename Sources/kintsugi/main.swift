import Bench
import Glibc

// A part of a benchmark is this same executable; people never type it, so the command line does not know it.
if CommandLine.arguments.dropFirst().first == "bench-part" {
    BenchPart.main(Array(CommandLine.arguments.dropFirst(2)))
}
let operation = Operator(
    terminal: Terminal(),
    environment: { name in getenv(name).map { String(cString: $0) } },
    guardian: guardian)
exit(operation.run(Array(CommandLine.arguments.dropFirst())))
