import Glibc

let operation = Operator(
    terminal: Terminal(),
    environment: { name in getenv(name).map { String(cString: $0) } },
    guardian: { request in
        Terminal().write("kintsugi: no guardian is built into this command\n", to: STDERR_FILENO)
        return ExitCode.unavailable
    })
exit(operation.run(Array(CommandLine.arguments.dropFirst())))
