import Contracts
import Web

/// Values of the contracts as JSON.
enum Codes {
    static func bytes(_ value: some Encodable) throws -> [UInt8] { try JSONText.unpack(try Packed.encode(value)) }

    /// For events: a value that was made here can be written; were it not so, an empty object breaks no page.
    static func text(_ value: some Encodable) -> String {
        String(decoding: (try? bytes(value)) ?? Array("{}".utf8), as: UTF8.self)
    }
}

extension Response {
    /// 200 with a value of the contracts.
    static func value(_ value: some Encodable, status: Int = 200) throws -> Response {
        var response = Response(status: status, .json, try Codes.bytes(value))
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }
}

/// JSON whose members the contracts' own documentation tells: of it no more is promised than that it is an object.
struct ObjectOf: Shape {
    let about: String

    init(_ about: String) { self.about = about }

    var standIn: Bool { true }
    var schema: Schema { .of(["type": "object", "description": .text(about)]) }

    func read(_ place: JSONPlace, _ reading: JSONReading) -> Bool { true }
}
