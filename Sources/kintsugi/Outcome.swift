/// What `kintsugi` says to the program that called it.
enum ExitCode {
    static let success: Int32 = 0
    static let failure: Int32 = 1
    // Those below are of sysexits(3).
    static let usage: Int32 = 64
    static let data: Int32 = 65
    static let noInput: Int32 = 66
    static let unavailable: Int32 = 69
    static let configuration: Int32 = 78
}

/// Why a command could not do what was asked.
struct Failure: Error, Equatable, Encodable {
    let error: String
    let exit: Int32

    init(_ error: String, exit: Int32 = ExitCode.failure) {
        self.error = error
        self.exit = exit
    }
}
