import Definitions
import Testing

@Suite struct PlaceholderTests {
    @Test("an empty text says nothing") func empty() {
        #expect(Definitions.objectives(text: "", name: "x").objectives.isEmpty)
    }
}
