import Contracts
import Glibc
public import Risk
public import Settings

extension Definitions {
    /// What files of people say.
    public struct PeopleFound: Sendable {
        /// Nobody where anything at all is wrong.
        public var people = People()
        public var mistakes: [Mistake] = []
    }

    /// Reads files of `people: [{name, roles, keys}]`. One that is not there says nothing. Who stands in several files is
    /// who the first of them says; who stands in one file twice is a mistake.
    public static func people(files: [String]) -> PeopleFound {
        var found = PeopleFound()
        for file in files where access(file, F_OK) == 0 {
            do throws(ConfigurationError) {
                let persons = try people(try Document(path: file))
                found.people.persons += persons.filter { new in
                    !found.people.persons.contains { $0.name == new.name }
                }
            } catch {
                found.mistakes += error.mistakes
            }
        }
        if !found.mistakes.isEmpty { found.people = People() }
        return found
    }

    static func people(_ document: Document) throws(ConfigurationError) -> [Person] {
        try document.read { top in
            _ = top.required("version", .wholeNumber(in: 1...1))
            var names: [String] = []
            return top.sections("people") { section in
                let name = section.required("name", .name)
                if names.contains(name) {
                    section.refuse("name", "expected a name that nobody else has, found \(name)")
                }
                names.append(name)
                let keys = section.list("keys", of: .publicKey, atMost: 20)
                if keys.isEmpty { section.refuse("keys", "expected at least one public key, found none") }
                return Person(name, roles: section.list("roles", of: .choice(of: Person.Role.self)), publicKeys: keys)
            }
        }
    }
}

extension Scalar where Value == [UInt8] {
    /// An Ed25519 public key in base64.
    fileprivate static var publicKey: Self {
        Self(expected: "an Ed25519 public key, 32 bytes in base64", standIn: [UInt8](repeating: 0, count: 32)) { text in
            Base64.decode(Array(text.utf8)).flatMap { $0.count == 32 ? $0 : nil }
        }
    }
}
