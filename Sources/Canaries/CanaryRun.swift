public import Contracts
public import Definitions
import FoundationEssentials

/// One run of a canary: what it asks next, what it makes of each answer, and the verdict. Whatever happens, it deletes what
/// it may have ordered before it ends.
public struct CanaryRun: Sendable {
    /// What is to be done next; exactly one thing at a time.
    public enum Effect: Sendable, Equatable {
        case send(CanaryRequest)
        /// Nothing before then.
        case wait(until: Moment)
        case end(CanaryResult)
    }

    private enum Phase: Sendable {
        case step(Int, began: Moment)
        /// Asks again for the order that it may have placed, to learn its id.
        case recalling
        case removing
        case ended
    }

    /// How far apart it looks whether an order has come to its status.
    static let pace = Duration.milliseconds(50)
    /// What it takes at most to remove what a failed run left.
    static let removal = Duration.seconds(5)

    private let definition: CanaryDefinition
    /// Names this run; its order is placed under it once, however often it is asked for.
    private let key: String
    private var phase = Phase.ended
    private var began = Moment.zero
    private var steps: [CanaryResult.Step] = []
    private var order: String?
    private var mayBePlaced = false
    private var isDeleted = false
    private var leftBehind = false
    private var verdictAt = Moment.zero

    public init(_ definition: CanaryDefinition, key: String) {
        self.definition = definition
        self.key = key
    }

    /// Begins with the first step.
    public mutating func begin(now: Moment) -> Effect {
        began = now
        return enter(0, now)
    }

    /// After a wait is over.
    public mutating func resume(now: Moment) -> Effect {
        guard case .step(let index, let began) = phase else { return conclude(now) }
        return ask(index, began, now)
    }

    /// What a request came to.
    public mutating func hear(_ answer: CanaryAnswer, now: Moment) -> Effect {
        switch phase {
        case .step(let index, let began): return judge(answer, index, began, now)
        case .recalling:
            order = orderID(answer)
            guard order != nil else {
                // Refused: then there is no order.
                if case .answered(let status, _) = answer, status < 500 {
                    leftBehind = false
                } else {
                    leftBehind = true
                }
                return conclude(now)
            }
            return remove()
        case .removing:
            if case .answered(let status, _) = answer, status == 204 || status == 404 {
                leftBehind = false
            } else {
                leftBehind = true
            }
            return conclude(now)
        case .ended: return conclude(now)
        }
    }

    // MARK: steps

    private mutating func enter(_ index: Int, _ now: Moment) -> Effect {
        guard index < definition.steps.count else { return finish(now) }
        phase = .step(index, began: now)
        return ask(index, now, now)
    }

    private mutating func ask(_ index: Int, _ began: Moment, _ now: Moment) -> Effect {
        let step = definition.steps[index]
        guard let left = left(step, began, now) else {
            return fail("expected \(wish(step)), and no time is left", index, now)
        }
        switch step.action {
        case .order:
            mayBePlaced = true
            return .send(placement(step.quantity, deadline: left))
        case .read, .delete:
            guard let order else { return fail("expected an order to \(step.action.rawValue), found none", index, now) }
            var request = CanaryRequest(
                .orders, step.action == .read ? .get : .delete, "/orders/\(order)", deadline: left)
            request.expected = step.status
            return .send(request)
        }
    }

    private func placement(_ quantity: Int, deadline: Duration) -> CanaryRequest {
        CanaryRequest(
            .orders, .post, "/orders",
            body: "{\"customer_id\":\"\(definition.customer)\",\"items\":"
                + "[{\"sku\":\"\(definition.sku)\",\"quantity\":\(quantity)}]}",
            key: key, deadline: deadline)
    }

    /// What is left of a step's time and of the canary's; nil where nothing is.
    private func left(_ step: CanaryDefinition.Step, _ began: Moment, _ now: Moment) -> Duration? {
        let left = min(step.within - now.since(began), definition.deadline - now.since(self.began))
        return left > .zero ? left : nil
    }

    private mutating func judge(_ answer: CanaryAnswer, _ index: Int, _ began: Moment, _ now: Moment) -> Effect {
        let step = definition.steps[index]
        guard case .answered(let status, let body) = answer else {
            guard case .failed(let why, let mayHaveBeenDone) = answer else { return conclude(now) }
            if step.action == .order { mayBePlaced = mayHaveBeenDone }
            return fail("expected \(wish(step)): \(why)", index, now)
        }
        if step.action == .order { order = orderID(answer) }
        // A deletion that was answered otherwise is tried once more at the end.
        if step.action == .delete, status == 204 || status == 404 { isDeleted = true }
        guard status == step.status else {
            return fail("expected \(wish(step)), answered \(status)\(detail(body))", index, now)
        }
        if step.action == .order, order == nil, status == 201 {
            return fail("expected an order_id in the answer, found none", index, now)
        }
        if let until = step.until {
            guard let found = Self.member("status", body) else {
                return fail("expected \(until), found no status in the answer", index, now)
            }
            if found != until {
                // A decision does not change any more; until it is there, it is looked at again.
                guard found == "PENDING_INVENTORY", left(step, began, now + Self.pace) != nil else {
                    let reason = Self.member("reason", body).map { " (\($0.prefix(200)))" } ?? ""
                    return fail("expected \(until), found \(found)\(reason)", index, now)
                }
                return .wait(until: now + Self.pace)
            }
        }
        guard left(step, began, now) != nil else {
            return fail("expected \(wish(step)), answered after its time", index, now)
        }
        steps.append(CanaryResult.Step(name: step.name, seconds: now.since(began).inSeconds, fault: nil))
        return enter(index + 1, now)
    }

    private func wish(_ step: CanaryDefinition.Step) -> String {
        let state = step.until.map { " and \($0)" } ?? ""
        return "\(step.status)\(state) within \(step.within.inSeconds) s"
    }

    private mutating func fail(_ fault: String, _ index: Int, _ now: Moment) -> Effect {
        guard case .step(_, let began) = phase else { return conclude(now) }
        steps.append(
            CanaryResult.Step(name: definition.steps[index].name, seconds: now.since(began).inSeconds, fault: fault))
        return finish(now)
    }

    // MARK: the end

    /// The verdict stands; what may be left is removed.
    private mutating func finish(_ now: Moment) -> Effect {
        verdictAt = now
        guard !isDeleted, mayBePlaced else { return conclude(now) }
        if order != nil { return remove() }
        phase = .recalling
        return .send(placement(definition.steps.first?.quantity ?? 1, deadline: Self.removal))
    }

    private mutating func remove() -> Effect {
        guard let order else { return conclude(verdictAt) }
        phase = .removing
        return .send(CanaryRequest(.orders, .delete, "/orders/\(order)", deadline: Self.removal))
    }

    private mutating func conclude(_ now: Moment) -> Effect {
        phase = .ended
        return .end(
            CanaryResult(
                canary: definition.name, steps: steps, seconds: verdictAt.since(began).inSeconds, order: order,
                leftBehind: leftBehind))
    }

    // MARK: answers

    private func orderID(_ answer: CanaryAnswer) -> String? {
        guard case .answered(201, let body) = answer, let id = Self.member("order_id", body) else { return nil }
        // It becomes a part of a path: only what is an id.
        return UUID(id)?.description
    }

    private func detail(_ body: [UInt8]) -> String { Self.member("detail", body).map { ": \($0.prefix(200))" } ?? "" }

    /// A member of a JSON object that is text.
    private static func member(_ name: String, _ body: [UInt8]) -> String? {
        struct Members: Decodable {
            struct Key: CodingKey {
                let stringValue: String
                var intValue: Int? { nil }
                init?(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { return nil }
            }
            let found: [String: String]
            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: Key.self)
                found = values.allKeys.reduce(into: [:]) { found, key in
                    found[key.stringValue] = try? values.decode(String.self, forKey: key)
                }
            }
        }
        return (try? JSONDecoder().decode(Members.self, from: Data(body)))?.found[name]
    }
}
