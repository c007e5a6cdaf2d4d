extension Document {
    /// The documents of a text in which `---` on a line of its own begins another. One that cannot be read leaves the others
    /// as they are; those without content are left out.
    public static func all(
        bytes: [UInt8], name: String, bounds: Bounds = Bounds()
    ) -> [Result<Document, ConfigurationError>] {
        guard bytes.count <= bounds.bytes else {
            return [
                .failure(
                    ConfigurationError([
                        Mistake(place: name, text: "expected at most \(bounds.bytes) bytes, found more")
                    ]))
            ]
        }
        let parts = parts(of: bytes)
        guard parts.count <= mostDocuments else {
            return [
                .failure(
                    ConfigurationError([
                        Mistake(place: name, text: "expected at most \(mostDocuments) documents, found \(parts.count)")
                    ]))
            ]
        }
        return parts.compactMap { part in
            // Lines before it keep its own lines' numbers.
            let text = Array(repeating: UInt8(ascii: "\n"), count: part.linesBefore) + part.bytes
            do throws(ConfigurationError) {
                let document = try Document(bytes: text, name: name, bounds: bounds)
                if case .nothing = document.root.content { return nil }
                return .success(document)
            } catch {
                return .failure(error)
            }
        }
    }

    /// The documents of the file at `path`.
    public static func all(path: String, bounds: Bounds = Bounds()) -> [Result<Document, ConfigurationError>] {
        do throws(ConfigurationError) {
            return all(bytes: try contents(of: path, atMost: bounds.bytes), name: path, bounds: bounds)
        } catch {
            return [.failure(error)]
        }
    }

    private static let mostDocuments = 500

    private struct Part {
        var linesBefore: Int
        var bytes: [UInt8] = []
    }

    /// At the beginning of a line `---` and `...` are marks of documents wherever they stand, also within texts.
    private static func parts(of bytes: [UInt8]) -> [Part] {
        var parts: [Part] = []
        var current = Part(linesBefore: 0)
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if isMark(line) {
                parts.append(current)
                current = Part(linesBefore: number)
                // What follows on the same line belongs to the document that begins.
                current.bytes += Array("   ".utf8) + line.dropFirst(3)
            } else {
                current.bytes += line
            }
            current.bytes.append(UInt8(ascii: "\n"))
            number += 1
        }
        return parts + [current]
    }

    private static func isMark(_ line: ArraySlice<UInt8>) -> Bool {
        let mark = line.prefix(3)
        guard mark.elementsEqual("---".utf8) || mark.elementsEqual("...".utf8) else { return false }
        guard let next = line.dropFirst(3).first else { return true }
        return next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") || next == UInt8(ascii: "\r")
    }
}
