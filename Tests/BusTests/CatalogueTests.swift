import Testing

@testable import Bus

@Suite("The catalogue of distributed methods")
struct CatalogueTests {
    @Test("a demangled function is taken apart, whatever parentheses its types hold")
    func parse() {
        let stub = Catalogue.Function(
            "distributed thunk Contracts.$Echo.add(_: Swift.Int, after: Swift.Int) async throws -> Swift.Int")
        #expect(stub?.type == "Contracts.$Echo")
        #expect(stub?.name == "add")
        #expect(stub?.parameters == "_: Swift.Int, after: Swift.Int")
        let tuple = Catalogue.Function("distributed thunk A.B.c((Swift.Int, Swift.Int)) async throws -> ()")
        #expect(tuple?.parameters == "(Swift.Int, Swift.Int)")
        #expect(Catalogue.Function("Swift.print()") == nil)
        #expect(Catalogue.Function("distributed thunk A.b") == nil)
        #expect(Catalogue.Function("distributed thunk A.B.c((") == nil)
    }

    @Test("the binary's own section names every method of the contracts, without a clash")
    func binary() {
        let names = Catalogue.shared.byName.keys.filter { $0.hasPrefix("Echo.") }.sorted()
        #expect(names == ["Echo.add", "Echo.block", "Echo.crash", "Echo.echo", "Echo.fail", "Echo.whoami"])
        #expect(Catalogue.shared.clashes.isEmpty)
    }

    @Test("an actor's own functions carry its contract's methods out")
    func concrete() {
        let entries = Catalogue.shared.entries(
            contract: "Echo", stub: Int.self, actor: String(reflecting: Parrot.self))
        #expect(entries.count == 6)
        for entry in entries.values { #expect(entry.stub == nil) }
        let foreign = Catalogue.shared.entries(contract: "Echo", stub: Int.self, actor: "Nobody")
        for entry in foreign.values { #expect(entry.stub != nil) }
    }

    @Test("overloads that would share a name on the wire are found")
    func clash() {
        let catalogue = Catalogue(identifiers: [
            "$s9Contracts5$EchoC4echoySays5UInt8VGAGYaKFTE", "$s9Contracts5$EchoC4echoyS2SYaKFTE",
        ])
        #expect(catalogue.clashes == ["Echo.echo"])
    }
}
