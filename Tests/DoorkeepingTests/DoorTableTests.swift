import Contracts
import Testing

@testable import Doorkeeping

@Suite("What doors can be asked")
struct DoorTableTests {
    private func order(
        _ action: ActionClass, _ target: String, _ arguments: [(String, String)] = [], door: String = "orders"
    ) -> ActionOrder {
        ActionOrder(
            action, door: door, target: target, arguments: arguments.map { ActionArgument($0.0, $0.1) })
    }

    private func fault(_ order: ActionOrder, _ table: DoorTable = .orders) -> String? {
        do throws(DoorTableFault) {
            _ = try table.deed(of: order)
            return nil
        } catch { return error.description }
    }

    @Test func `an order with exactly its arguments is a deed`() throws {
        let table = DoorTable.orders
        let paused = [ActionArgument("paused", "true")]
        #expect(try table.deed(of: order(.pauseQueue, "inventory", [("paused", "true")])) == .set(paused))
        #expect(try table.deed(of: order(.drainQueue, "carrier")) == .drain)
        #expect(try table.deed(of: order(.redrive, "carrier")) == .redrive(limit: nil))
        #expect(try table.deed(of: order(.redrive, "carrier", [("limit", "7")])) == .redrive(limit: 7))
        let open = [ActionArgument("to", "open")]
        #expect(try table.deed(of: order(.breaker, "carrier", [("to", "open")])) == .set(open))
        let most = [ActionArgument("percent", "95")]
        #expect(try table.deed(of: order(.shedLoad, "orders", [("percent", "95")])) == .set(most))
    }

    @Test(arguments: [
        (ActionClass.pauseQueue, "inventory", [("paused", "yes")]), (.pauseQueue, "inventory", []),
        (.pauseQueue, "inventory", [("paused", "true"), ("paused", "true")]),
        (.pauseQueue, "inventory", [("paused", "true"), ("for", "5")]), (.pauseQueue, "orders", [("paused", "true")]),
        (.drainQueue, "inventory", [("limit", "1")]), (.redrive, "inventory", [("limit", "0")]),
        (.redrive, "inventory", [("limit", "07")]), (.redrive, "inventory", [("count", "7")]),
        (.breaker, "inventory", [("to", "open")]), (.breaker, "carrier", [("to", "half")]),
        (.shedLoad, "orders", [("percent", "96")]), (.shedLoad, "orders", [("percent", "-1")]),
        (.shedLoad, "orders", [("percent", "5.0")]), (.shedLoad, "orders", []), (.restart, "orders", []),
    ])
    func `what is no order of the table is refused with what was expected`(
        _ action: ActionClass, _ target: String, _ arguments: [(String, String)]
    ) {
        let said = fault(order(action, target, arguments)) ?? ""
        #expect(said.contains("expected") && said.contains("found"))
    }

    @Test func `the broker stops neither itself nor the supervisor`() {
        let table = DoorTable.broker(roles: ["broker", "orders", "risk", "supervisor"])
        #expect(table.targets(of: .pauseQueue) == ["orders", "risk"])
        #expect(fault(order(.pauseQueue, "supervisor", [("paused", "true")]), table) != nil)
        #expect(fault(order(.pauseQueue, "orders", [("paused", "true")]), table) == nil)
    }

    @Test func `settings are told in the words of the order that sets them, and their state is that of the order`() {
        var settings = DoorSettings()
        let table = DoorTable.orders
        for entry in table.entries {
            #expect(settings.settings(of: entry.action, entry.target) == DoorTable.usual(entry.action))
        }
        let words = [ActionArgument("percent", "40")]
        settings.set(.shedLoad, "orders", words)
        #expect(settings.settings(of: .shedLoad, "orders") == words && settings.shed("orders") == 40)
        let sight = DoorSight(door: "orders", target: "orders", settings: words)
        #expect(table.state(of: .shedLoad, "orders", settings) == sight.state(for: .shedLoad))
        #expect(table.state(of: .shedLoad, "carrier", settings) == nil)
        // What moves nothing has one state, whatever else was set.
        #expect(table.state(of: .redrive, "carrier", settings) == table.state(of: .redrive, "carrier", DoorSettings()))
    }

    @Test func `nothing is sent where the queue is paused or the breaker held open`() {
        var settings = DoorSettings()
        #expect(settings.held(.orders).isEmpty)
        settings.set(.pauseQueue, "inventory", [ActionArgument("paused", "true")])
        settings.set(.breaker, "carrier", [ActionArgument("to", "open")])
        #expect(settings.held(.orders) == ["inventory", "carrier"])
        settings.set(.breaker, "carrier", [ActionArgument("to", "closed")])
        settings.set(.pauseQueue, "inventory", [ActionArgument("paused", "false")])
        #expect(settings.held(.orders).isEmpty && settings.breaker("carrier") == .closed)
    }

    @Test func `a row that nobody can have written counts as the mildest that it could be`() {
        let rows: [DoorSettings.Row] = [
            .init(.shedLoad, "orders", ActionArgument("percent", "1000")),
            .init(.breaker, "carrier", ActionArgument("to", "?")),
        ]
        let settings = DoorSettings(rows)
        #expect(settings.shed("orders") == DoorTable.mostShed && settings.breaker("carrier") == .auto)
    }
}

@Suite("An even share")
struct EvenShareTests {
    @Test(arguments: [0, 1, 3, 10, 33, 50, 67, 95, 100])
    func `of any hundred in a row it picks as many as it says, and never two more than is due`(_ percent: Int) {
        var share = EvenShare(percent: percent)
        let picked = (0..<1_000).map { _ in share.picks() ? 1 : 0 }
        for start in 0...900 { #expect(picked[start..<start + 100].reduce(0, +) == percent) }
        var sum = 0
        for (index, one) in picked.enumerated() {
            sum += one
            #expect(abs(Double(sum) - Double(percent * (index + 1)) / 100) <= 0.5)
        }
    }

    @Test func `half is every other one`() {
        var share = EvenShare(percent: 50)
        #expect((0..<6).map { _ in share.picks() } == [true, false, true, false, true, false])
    }

    @Test func `a share that changes keeps what is owed`() {
        var share = EvenShare(percent: 40)
        let before = share.picks()
        share.change(to: 10)
        let after = [share.picks(), share.picks()]
        #expect(!before && after == [true, false])
        share.change(to: 0)
        #expect((0..<100).filter { _ in share.picks() }.isEmpty)
    }
}
