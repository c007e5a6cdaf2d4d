import ConsoleFiles
import Contracts
import Web

/// The console's pages: files that are a part of this program.
struct PageDoors: Sendable {
    private struct Page: Sendable {
        var name: String
        var type: String
        var bytes: [UInt8]
        var tag: String
    }

    /// What a page may do: nothing but what comes from here.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "font-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'"

    private static let pages: [Page] = (0..<console_file_count()).compactMap { place in
        guard let file = console_file_at(place)?.pointee else { return nil }
        let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.length))
        return Page(
            name: String(cString: file.name), type: String(cString: file.type), bytes: bytes,
            tag: "\"\(Digest(of: bytes).brief)\"")
    }

    var routes: [Route] {
        Self.pages.map { page in route(page, at: page.name == "index.html" ? "/" : "/\(page.name)") }
    }

    private func route(_ page: Page, at path: String) -> Route {
        Route(
            .get, path, "A file of the console", roles: .open,
            answers: [.text("", .other(page.type)), .json(304, ObjectOf("nothing new"))]
        ) { request in
            var response =
                request.ifNoneMatch == page.tag
                ? Response(status: 304, .other(page.type), []) : Response(.other(page.type), page.bytes)
            response.headers = [
                ("ETag", page.tag), ("Cache-Control", "no-cache"), ("Content-Security-Policy", Self.policy),
                ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ]
            return response
        }.undescribed
    }
}
