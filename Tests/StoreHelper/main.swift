import Glibc
import Store

// What the tests of the store need a process of its own for, and the measurement of its throughput.
let arguments = CommandLine.arguments
switch (arguments.count, arguments.count > 1 ? arguments[1] : "") {
case (3, "write"): try await writeUntilKilled(arguments[2])
case (3, "starve"): try await writeThroughShortage(arguments[2])
case (3, "unprivileged"): try await openUnprivileged(arguments[2])
case (3, "bench"): try await measure(in: arguments[2])
default:
    print("usage: StoreHelper write|starve|unprivileged FILE, or bench FOLDER")
    exit(64)
}
