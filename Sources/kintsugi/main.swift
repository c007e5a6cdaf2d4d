import Bench
import Glibc

// A part of a benchmark is this same executable; people never type it, so the command line does not know it.
if CommandLine.arguments.dropFirst().first == "bench-part" {
    BenchPart.main(Array(CommandLine.arguments.dropFirst(2)))
}
if CommandLine.arguments.dropFirst().first == "bench-now" {
    let r = try BusBench(seconds: 2, sizes: [64], depths: [1, 64, 1024]).run { print($0) }
    for x in r.rows { print(x) }
    for x in r.topics { print(x) }
    exit(0)
}
let operation = Operator(
    terminal: Terminal(),
    environment: { name in getenv(name).map { String(cString: $0) } },
    guardian: guardian)
exit(operation.run(Array(CommandLine.arguments.dropFirst())))
