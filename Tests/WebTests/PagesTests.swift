import Testing

@testable import Web

@Suite("Pages that are read only")
struct PagesTests {
    private let pages = Pages([(path: "/metrics", page: { Page(body: [1, 2]) })])

    @Test("a page is answered at its path, and elsewhere it is said what there is")
    func paths() {
        #expect(pages.page("/metrics", method: "GET").body == [1, 2])
        let missing = pages.page("/", method: "GET")
        #expect(missing.status == 404)
        #expect(String(decoding: missing.body, as: UTF8.self).contains("/metrics"))
    }

    @Test("a page cannot be written to")
    func methods() {
        #expect(pages.page("/metrics", method: "HEAD").status == 200)
        #expect(pages.page("/metrics", method: "POST").status == 405)
    }
}
