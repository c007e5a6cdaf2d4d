import Audit
import Chaos
import Contracts
import Faults
import Forge
import Glibc
import Host
import Signals
import Synchronization
import Worker

/// One run of one fault, in a cluster of its own that is made for it and goes after it.
struct Trial {
    let known: KnownFault
    let configuration: String
    let portOffset: Int
    let keeps: Bool
    /// Who speaks with the agents.
    let person: Operator
    let say: @Sendable (String) -> Void
    /// Somebody wants no more of it: what was begun is brought to its end.
    let enough: Bell

    private var fault: Fault { known.fault }

    /// How long what is on its way may take to arrive after the end.
    private static let settling = Duration.seconds(60)

    func run() -> FaultRun {
        var run = FaultRun(fault: fault.name)
        let began = Bell.seconds()
        do { try attempt(&run) } catch { run.trouble = (error as? Failure)?.error ?? "\(error)" }
        run.seconds = Bell.seconds() - began
        return run
    }

    private func attempt(_ run: inout FaultRun) throws {
        let folder = try TemporaryFolder.make()
        let disk = try fault.diskBytes.map { try SmallDisk(at: folder, bytes: $0) }
        defer {
            if keeps { say("its data is in \(folder)") }
            disk?.remove()
            if !keeps { TemporaryFolder.remove(folder) }
        }
        let places = Places(data: folder)
        let client = ControlClient(places: places)
        say("a cluster of its own")
        // One that has not become ready is there, too.
        defer { end(client) }
        try start(places, client)
        let world = person.world(places)
        let shop = try ShopClient(places)
        let seeding = Seeding(client: shop, products: 100, stock: 1_000_000_000, customers: 100)
        _ = try waiting { try await seeding.run { _ in } }
        let (bell, orders) = (Bell(), Orders(world))
        defer {
            bell.ring()
            orders.end()
            bell.waitForAll()
        }
        orders.begin(rate: fault.traffic.before)
        var cases = CaseBook(person: person, places: places)
        // What was seen is told also where the run could not be brought to its end.
        defer { run.cases = cases.cases }
        try baseline(orders, &cases)
        run.before = orders.felt
        if fault.traffic.after != fault.traffic.before { orders.begin(rate: fault.traffic.after) }
        let before = orders.felt
        say("the fault")
        // What a run leaves half done, its end takes back.
        defer { _ = try? Clearing(world).clear(fault.name) }
        run.injected = WallTime.now.nanoseconds
        try Injector(fault, world, bell: bell).inject()
        try follow(&cases)
        bell.ring()
        bell.waitForAll()
        let left = try Clearing(world).clear(fault.name)
        orders.end()
        run.impact = orders.felt - before
        run.firstFailure = orders.firstFailure(after: run.injected ?? 0)
        run.undone = !left.contains { $0.wasThere }
        run.takenBack = try takenBack(places)
        run.broken = invariants(places, orders)
    }

    // MARK: - The cluster

    private func start(_ places: Places, _ client: ControlClient) throws {
        let release = try ClusterRepository(places: places).release(named: configuration, usual: configuration)
        let request = UpRequest(places: places, configuration: release.configuration, portOffset: portOffset)
        _ = try Launching(request: request, client: client).detached { _ in }
    }

    private func end(_ client: ControlClient) {
        guard let guardian = try? client.status().guardian else { return }
        _ = try? client.ask(.shutdown, patience: .seconds(60))
        guard (try? wait(forEndOf: guardian, atMost: .seconds(30))) != true else { return }
        // A process that cannot be told to stop must not outlive its data.
        kill(guardian, SIGKILL)
    }

    /// A past in which all is well: what is noticed then, or is still being handled, would be taken for the fault's.
    private func baseline(_ orders: Orders, _ cases: inout CaseBook) throws {
        let end = Bell.seconds() + fault.baselineSeconds
        while Bell.seconds() < end {
            say("all is well: \(Int(end - Bell.seconds())) s more, \(orders.felt.requests) orders")
            try pause()
        }
        let last = end + Self.patience
        while try cases.ignorePresent() > 0 {
            guard Bell.seconds() < last else {
                throw Failure(
                    "an incident was open before the fault, and after \(Int(Self.patience)) s more it still was")
            }
            say("an incident is open before the fault")
            try pause()
        }
        guard orders.felt.requests > orders.felt.failed || fault.traffic.before == 0 else {
            throw Failure("no order was accepted before the fault: the run says nothing")
        }
    }

    /// The pace of looking.
    private func pause() throws {
        guard enough.pass(1) else { throw Failure("the run was ended before its end") }
    }

    // MARK: - The incidents

    /// Until all incidents are over and no other one has come for a while, or the time is.
    private func follow(_ cases: inout CaseBook) throws {
        let end = Bell.seconds() + fault.withinSeconds
        var quietSince: Double?
        while Bell.seconds() < end {
            cases.look()
            say("\(Int(end - Bell.seconds())) s left; \(cases.words)")
            if fault.mark != .nothing, cases.areOver {
                let since = quietSince ?? Bell.seconds()
                quietSince = since
                if Bell.seconds() - since > Self.afterglow { return }
            } else {
                quietSince = nil
            }
            try pause()
        }
    }

    /// How long no other incident must come after the last one is over, and how long one of before may take to be.
    private static let afterglow = 15.0
    private static let patience = 300.0

    // MARK: - What is left

    private func takenBack(_ places: Places) throws -> Bool {
        let repository = try Repository.open(Repository.place(data: places.data)) { _ in }
        return try repository.log(limit: 50).contains { $0.trailer("Takes-Back") != nil }
    }

    private func invariants(_ places: Places, _ orders: Orders) -> [String] {
        var broken: [String] = []
        func look(_ what: String, _ body: () throws -> [String]) {
            do { broken += try body() } catch { broken.append("\(what): \(error)") }
        }
        look("the shop") { try audit(places) }
        look("the repository") {
            try Repository.open(Repository.place(data: places.data)) { _ in }.check()
            return []
        }
        look("the journal") {
            var proof = JournalProof(isWhole: true)
            var pages = JournalPages(person, places, incident: nil)
            while true {
                let page = try pages.next()
                guard !page.isEmpty, page.allSatisfy({ proof.take($0) }) else { break }
            }
            return proof.outcome.holds ? [] : ["the journal: \(proof.outcome.fault ?? "")"]
        }
        return broken
    }

    private func audit(_ places: Places) throws -> [String] {
        say("the audit")
        let carrier = ServiceStore.file(of: "carrier", data: places.data)
        let audit = ShopAudit(
            ShopFiles(
                orders: ServiceStore.file(of: "orders", data: places.data),
                inventory: ServiceStore.file(of: "inventory", data: places.data),
                carrier: access(carrier, R_OK) == 0 ? carrier : nil))
        let end = monotonicNow() + Self.settling
        while try audit.waiting() > 0, monotonicNow() < end { poll(nil, 0, 200) }
        var broken = try audit.check().filter { !$0.holds }.map { "\($0.rule): \($0.count) do not" }
        let left = try audit.waiting()
        if left > 0 { broken.append("\(left) messages, orders or deliveries were still on their way") }
        return broken
    }
}

/// A file system of a size of its own in memory, over a folder; for root.
struct SmallDisk {
    private let folder: String

    init(at folder: String, bytes: Int) throws(Failure) {
        self.folder = folder
        guard mount("kintsugi", folder, "tmpfs", 0, "size=\(bytes),mode=0700") == 0 else {
            throw Failure("a disk of its own could not be made (root may): \(reason(errno))")
        }
    }

    func remove() { umount2(folder, Int32(MNT_DETACH)) }
}
