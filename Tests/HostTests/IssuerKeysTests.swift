import CHost
import Capabilities
import Contracts
import Glibc
import Testing

@testable import Host

@Suite("Keys of Risk and of people")
struct IssuerKeysTests {
    private final class Folder {
        let path: String
        init() throws { path = try Host.TemporaryFolder.make() }
        deinit { Host.TemporaryFolder.remove(path) }
    }

    @Test func `where Risk never ran, doors believe nobody`() throws {
        let folder = try Folder()
        #expect(IssuerKeys.read(data: folder.path).isEmpty)
        #expect(try IssuerKeys.own(data: folder.path) == nil)
    }

    @Test func `the key is made once, and only its owner may read it`() throws {
        let folder = try Folder()
        let key = try IssuerKeys.ownOrMade(data: folder.path)
        #expect(try IssuerKeys.ownOrMade(data: folder.path).publicKey == key.publicKey)
        #expect(IssuerKeys.read(data: folder.path).map(\.publicKey) == [key.publicKey])
        var status = stat()
        #expect(stat(IssuerKeys.keyFile(data: folder.path), &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func `a crash between the key and its public half is made good`() throws {
        let folder = try Folder()
        let key = try IssuerKeys.ownOrMade(data: folder.path)
        unlink(IssuerKeys.publicFile(data: folder.path))
        _ = try IssuerKeys.ownOrMade(data: folder.path)
        #expect(IssuerKeys.read(data: folder.path).map(\.publicKey) == [key.publicKey])
    }

    @Test func `after a change two keys are believed, and after the next the first is not`() throws {
        let folder = try Folder()
        let first = try IssuerKeys.ownOrMade(data: folder.path)
        let second = try IssuerKeys.rotate(data: folder.path)
        #expect(IssuerKeys.read(data: folder.path).map(\.publicKey) == [second.publicKey, first.publicKey])
        #expect(try IssuerKeys.own(data: folder.path)?.publicKey == second.publicKey)
        let third = try IssuerKeys.rotate(data: folder.path)
        #expect(IssuerKeys.read(data: folder.path).map(\.publicKey) == [third.publicKey, second.publicKey])
    }

    @Test func `a key file that is none is an error, and not a new key`() throws {
        let folder = try Folder()
        _ = try IssuerKeys.ownOrMade(data: folder.path)
        try WholeFile.write("nonsense", to: IssuerKeys.keyFile(data: folder.path))
        #expect(throws: SystemFault.self) { try IssuerKeys.ownOrMade(data: folder.path) }
    }

    @Test func `this host's person is made once, with a file that names the key`() throws {
        let folder = try Folder()
        try LocalPerson.ensure(data: folder.path)
        let key = try PersonKey(file: LocalPerson.keyFile(data: folder.path))
        #expect(ProcessFiles.text(LocalPerson.file(data: folder.path))?.contains(key.publicText) == true)
        unlink(LocalPerson.file(data: folder.path))
        try LocalPerson.ensure(data: folder.path)
        #expect(ProcessFiles.text(LocalPerson.file(data: folder.path))?.contains(key.publicText) == true)
    }
}
