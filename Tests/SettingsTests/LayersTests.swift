import Testing

@testable import Settings

@Suite struct LayersTests {
    private func read(
        _ arguments: [String] = [], _ environment: [String: String] = [:], file: String? = nil
    ) -> Result<Int, ConfigurationError> {
        Result { () throws(ConfigurationError) in
            let document = try file.map { text throws(ConfigurationError) in try Document(text: text, name: "own.yaml")
            }
            return try Layers.read(
                arguments: arguments, environment: environment, alsoKnown: ["KINTSUGI_DATA"], file: document
            ) {
                $0.value("pool.threads", .wholeNumber(in: 1...64), otherwise: 2)
            }
        }
    }

    private func complaint(_ result: Result<Int, ConfigurationError>) -> String {
        if case .failure(let error) = result { error.description } else { "" }
    }

    @Test("flags win over environment, environment over file, file over the default")
    func order() throws {
        let file = "pool:\n  threads: 3\n"
        let environment = ["KINTSUGI_POOL_THREADS": "4", "HOME": "/", "KINTSUGI_DATA": "/d"]
        #expect(try read().get() == 2)
        #expect(try read(file: file).get() == 3)
        #expect(try read([], environment, file: file).get() == 4)
        #expect(try read(["--pool-threads", "5"], environment, file: file).get() == 5)
        #expect(try read(["--pool-threads=6"], environment, file: file).get() == 6)
    }

    @Test("a bad value names its source")
    func sources() {
        let expected = "expected a whole number from 1 to 64, found \"x\""
        #expect(complaint(read(["--pool-threads", "x"])) == "flag --pool-threads: \(expected)")
        #expect(complaint(read([], ["KINTSUGI_POOL_THREADS": "x"])) == "environment KINTSUGI_POOL_THREADS: \(expected)")
        #expect(complaint(read(file: "pool:\n  threads: x\n")) == "own.yaml:2: pool.threads: \(expected)")
    }

    @Test("what nobody asked for is a mistake, and the nearest name is told")
    func unknown() {
        #expect(
            complaint(read(["--pool-thread", "1"])) == "flag --pool-thread: unknown flag; did you mean --pool-threads?")
        #expect(
            complaint(read([], ["KINTSUGI_POOL_TREADS": "1"]))
                == "environment KINTSUGI_POOL_TREADS: unknown variable; did you mean KINTSUGI_POOL_THREADS?")
        #expect(
            complaint(read(file: "pool:\n  size: 1\n"))
                == "own.yaml:2: unknown key \"pool.size\"; known here: pool.threads")
        #expect(complaint(read(["stray"])) == "flag \"stray\": expected --name value or --name=value")
        #expect(complaint(read(["--pool-threads"])) == "flag --pool-threads: expected a value after it, found nothing")
    }

    @Test("a setting that must be given says how to give it")
    func required() {
        let error = #expect(throws: ConfigurationError.self) {
            try Layers.read(arguments: [], environment: [:]) { $0.required("role", .name) }
        }
        #expect(
            error?.description
                == "settings: role: expected a name of 1 to 32 lowercase letters, digits and hyphens, found nothing: "
                + "give --role or KINTSUGI_ROLE")
    }
}
