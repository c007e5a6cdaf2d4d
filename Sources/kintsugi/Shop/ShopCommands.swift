import Audit
import Commands
import Glibc
import Host
import Load
import Signals
import Store
import Worker

extension Operator {
    private struct Placed: Encodable {
        let id: String
        let order: OrderState

        private enum CodingKeys: String, CodingKey {
            case id = "order_id"
            case order
        }
    }

    func seed(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let seeding = Seeding(
            client: try ShopClient(places), products: invocation.number("products") ?? 100,
            stock: invocation.number("stock") ?? 1_000_000, customers: invocation.number("customers") ?? 100)
        let asJSON = invocation.has("json")
        let progress = self.progress(asJSON)
        let report = try failing { try waiting { try await seeding.run(progress: progress) } }
        progress("")
        terminal.write(
            asJSON
                ? json(report)
                : "The shop has \(report.products) products with \(report.stock) of each on hand, and \(report.customers) "
                    + "customers. Place an order: kintsugi order\n")
    }

    /// Places one order and waits for what becomes of it.
    func order(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let client = try ShopClient(places)
        let wish = OrderWish(
            customer: SeedNames.customer(invocation.number("customer") ?? 1),
            sku: invocation.text("SKU") ?? SeedNames.sku(1), quantity: invocation.number("quantity") ?? 1)
        let (id, state) = try failing { try waiting { try await wish.place(client) } }
        guard !invocation.has("json") else { return terminal.write(json(Placed(id: id, order: state))) }
        let total = state.total.map { " It costs \($0)." } ?? ""
        let reason = state.reason.map { ": \($0)" } ?? ""
        terminal.write(harmless("Order \(id) is \(state.status)\(reason).\(total)") + "\n")
    }

    /// Places many orders on schedule, and says what became of them.
    func load(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let client = try ShopClient(places)
        let door = try client.door("orders")
        let wished = invocation.text("skew") ?? "1"
        guard let skew = Double(wished), (0...10).contains(skew) else {
            throw Failure("--skew: expected a number from 0 to 10, found \"\(harmless(wished))\"", exit: ExitCode.usage)
        }
        let plan = LoadPlan(
            address: door.address, port: door.port, key: client.key,
            rate: Double(invocation.number("rate") ?? 100), seconds: Double(invocation.number("seconds") ?? 10),
            customers: invocation.number("customers") ?? 100, products: invocation.number("products") ?? 100,
            skew: skew, seed: UInt64(invocation.number("seed") ?? 1))
        let test = LoadTest(
            plan: plan, ordersFile: ServiceStore.file(of: "orders", data: places.data),
            idsFile: invocation.text("ids"))
        let asJSON = invocation.has("json")
        let shown = terminal.isTerminal && !asJSON
        let result = try failing {
            try test.run { progress in
                guard shown else { return }
                let p99 = progress.p99.map { "\(one($0)) ms" } ?? "–"
                terminal.write(
                    "\r\(one(progress.elapsed)) s: \(progress.scheduled) due, \(progress.accepted) accepted, "
                        + "\(progress.other) not, \(progress.waiting) waiting, p99 \(p99)\u{1B}[K")
            }
        }
        if shown { terminal.write("\r\u{1B}[K") }
        terminal.write(asJSON ? json(result) : LoadReport(result: result).text)
        return result.lost == 0 ? ExitCode.success : ExitCode.failure
    }

    /// Waits until nothing moves, then checks what must always hold.
    func audit(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let files = shopFiles(places)
        var placed: [String] = []
        if let path = invocation.text("ids") {
            guard let text = ProcessFiles.text(path) else {
                throw Failure("\(path): expected a file of ids, found none")
            }
            placed = text.split(separator: "\n").map(String.init)
        }
        let audit = ShopAudit(files, placed: placed)
        let patience = Double(invocation.number("patience") ?? 30)
        let report = try failing {
            let began = monotonicNow()
            var left = try audit.waiting()
            while left > 0, monotonicNow() - began < .seconds(patience) {
                // The pace of looking; what is waited for is that nothing waits.
                poll(nil, 0, 100)
                left = try audit.waiting()
            }
            let waited = (monotonicNow() - began) / .seconds(1)
            let orders = try audit.orders()
            return AuditReport(
                findings: try audit.check(), waiting: left, waitedSeconds: waited, deadLetters: try audit.deadLetters(),
                orders: orders.real, syntheticOrders: orders.synthetic)
        }
        terminal.write(
            invocation.has("json") ? json(report) : AuditText(report: report, paint: terminal.paint).text)
        return report.holds ? ExitCode.success : ExitCode.failure
    }

    private func shopFiles(_ places: Places) -> ShopFiles {
        let carrier = ServiceStore.file(of: "carrier", data: places.data)
        return ShopFiles(
            orders: ServiceStore.file(of: "orders", data: places.data),
            inventory: ServiceStore.file(of: "inventory", data: places.data),
            carrier: access(carrier, R_OK) == 0 ? carrier : nil)
    }

    /// One line that changes, where a person looks.
    func progress(_ asJSON: Bool) -> @Sendable (String) -> Void {
        let shown = terminal.isTerminal && !asJSON
        let terminal = terminal
        return { text in
            if shown { terminal.write(text.isEmpty ? "\r\u{1B}[K" : "\r\(text)…\u{1B}[K") }
        }
    }

    func failing<Value>(_ body: () throws -> Value) throws(Failure) -> Value {
        do { return try body() } catch let failure as Failure { throw failure } catch { throw Failure("\(error)") }
    }
}
