import Contracts
import Glibc
import Host
import Testing

@testable import Forge

@Suite struct CheckoutTests {
    let place: Place
    let said = Said()

    init() throws { place = try Place() }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aCheckoutHasTheFilesOfTheCommitAndNobodyMayWriteToThem() throws {
        let repository = try place.repository()
        let commit = try repository.main()
        let folder = "\(place.path)/run/\(commit)"
        let checkout = try repository.checkout(commit, into: folder)
        #expect(checkout == Checkout(commit: commit, folder: folder, origin: .made))
        for (name, text) in Place.configuration {
            #expect(place.text("run/\(commit)/\(name)") == text)
            #expect(mode("\(folder)/\(name)") == 0o444)
        }
        #expect(try repository.checkout(commit, into: folder).origin == .found)
        #expect(ProcessFiles.entries("\(place.path)/run").count == 3)
    }

    @Test(
        "a folder that is not what the commit has is made anew, and that is said",
        arguments: ["changed", "missing", "more", "not a folder"])
    func mended(how: String) throws {
        let repository = try place.repository(say: { [said] in said($0) })
        let folder = "\(place.path)/run/x"
        _ = try repository.checkout("main", into: folder)
        switch how {
        case "changed":
            chmod("\(folder)/acl.yaml", 0o644)
            try WholeFile.write("verzion: 1\nroles: {}\n", to: "\(folder)/acl.yaml")
        case "missing": unlink("\(folder)/slo/orders.yaml")
        case "more": try place.write("x", to: "run/x/slo/more.yaml")
        default:
            TemporaryFolder.remove(folder)
            try place.write("x", to: "run/x")
        }
        #expect(try repository.checkout("main", into: folder).origin == .mended)
        #expect(try repository.checkout("main", into: folder).origin == .found)
        #expect(place.text("run/x/acl.yaml") == Place.configuration["acl.yaml"])
        #expect(said.all.count == 1 && said.all.first?.contains("made anew") == true)
        #expect(ProcessFiles.entries("\(place.path)/run").filter { $0.contains(".new-") }.isEmpty)
    }

    @Test func whatADeadProcessLeftHalfDoneIsClearedAwayAndALivingOnesIsNot() throws {
        let repository = try place.repository(say: { [said] in said($0) })
        let folder = "\(place.path)/run/x"
        // No process has such a number; ours is a living one.
        try place.write("half", to: "run/x.new-999999999.1/cluster.yaml")
        try place.write("half", to: "run/x.new-\(getpid()).77/cluster.yaml")
        _ = try repository.checkout("main", into: folder)
        #expect(ProcessFiles.entries("\(place.path)/run").filter { $0.contains(".new-") } == ["x.new-\(getpid()).77"])
        #expect(said.all.count == 1)
    }

    @Test func severalAtOnceMakeOneFolder() async throws {
        let repository = try await Aside.run { [place] in try place.repository() }
        let folder = "\(place.path)/run/x"
        let origins = try await withThrowingTaskGroup(of: Checkout.Origin.self) { group in
            for _ in 1...6 {
                group.addTask { try await repository.aside { try $0.checkout("main", into: folder) }.origin }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(origins.filter { $0 == .made }.count == 1 && origins.filter { $0 == .found }.count == 5)
    }

    @Test func aPathThatTheCommitDoesNotHaveIsNamed() throws {
        let repository = try place.repository()
        let fault = #expect(throws: ForgeFault.self) {
            try repository.checkout("main", "Sources", into: "\(place.path)/run/y")
        }
        #expect("\(fault ?? .nothingChanged)".contains("files under Sources"))
        #expect(access("\(place.path)/run/y", F_OK) != 0)
    }
}
