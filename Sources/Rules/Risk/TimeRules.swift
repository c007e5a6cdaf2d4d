import Contracts

/// The rules that a clock mends: each says from when on it would have nothing against the plan.
struct TimeRules {
    private let plan: PlanSummary
    private let circumstances: Circumstances
    private let policy: Policy
    private var now: Int64 { circumstances.now }

    init(_ proposal: Proposal, _ policy: Policy) {
        plan = proposal.plan
        circumstances = proposal.circumstances
        self.policy = policy
    }

    // MARK: - Windows

    /// An action that windows are about is done within one of them.
    var window: VerdictReason {
        let actions = actions.filter { action in policy.windows.contains { $0.actions.contains(action) } }
        var inputs = [ReasonInput("now", Figures.time(now))]
        guard !actions.isEmpty else {
            return VerdictReason("window", .auto, "no window is about these actions", inputs: inputs)
        }
        inputs += policy.windows.map { ReasonInput("local time in \($0.zone.name)", Figures.text(local($0.zone, now))) }
        let closed = actions.filter { !isOpen($0, now) }
        guard !closed.isEmpty else {
            return VerdictReason("window", .auto, "within the window for \(names(actions))", inputs: inputs)
        }
        let until = opening(closed)
        let text = until.map { ", until \(Figures.time($0))" } ?? ""
        return VerdictReason(
            "window", .approve, "outside of the window for \(names(closed))\(text)", inputs: inputs, until: until)
    }

    private func isOpen(_ action: ActionClass, _ instant: Int64) -> Bool {
        policy.windows.contains { $0.actions.contains(action) && $0.isOpen(local($0.zone, instant)) }
    }

    /// When all of these windows are open, within the next eight days. Zones change their offsets, and windows begin, at
    /// whole minutes; so that is how the search steps.
    private func opening(_ closed: [ActionClass]) -> Int64? {
        let first = Figures.seconds(now) / 60 * 60
        for minute in 1...(8 * 1_440) {
            let instant = Figures.nanoseconds(first + Int64(minute) * 60)
            if closed.allSatisfy({ isOpen($0, instant) }) { return instant }
        }
        return nil
    }

    private func local(_ zone: Zone, _ instant: Int64) -> CivilTime { zone.local(Figures.seconds(instant)) }

    // MARK: - Freezes

    var freeze: VerdictReason {
        let active = policy.freezes.filter { freeze in
            let (from, until) = freeze.span
            return now >= from && now < until && actions.contains { freeze.actions.contains($0) }
        }
        let inputs = [ReasonInput("now", Figures.time(now)), ReasonInput("freezes", "\(policy.freezes.count)")]
        guard let outcome = active.map(\.outcome).max() else {
            return VerdictReason("freeze", .auto, "no freeze is about these actions now", inputs: inputs)
        }
        let until = active.map { $0.span.until }.max() ?? now
        let names = active.map { "\($0.name) (until \(Figures.time($0.span.until)))" }.joined(separator: ", ")
        return VerdictReason("freeze", outcome, "frozen: \(names)", inputs: inputs, until: until)
    }

    // MARK: - Cooldown and quota

    var cooldown: VerdictReason {
        let targets = plan.steps.map(\.order.target)
        let last = circumstances.past.filter { targets.contains($0.target) }.max { $0.at < $1.at }
        var inputs = [ReasonInput("cooldown", Figures.span(policy.cooldown))]
        guard let last else {
            return VerdictReason("cooldown", .auto, "nothing was done to the targets before", inputs: inputs)
        }
        // What claims to be of the future counts as being of now.
        let at = min(last.at, now)
        inputs += [ReasonInput("last action", "\(last.action.rawValue) of \(last.target) at \(Figures.time(at))")]
        let ago = "\(last.action.rawValue) of \(last.target) was \(Figures.span(Figures.difference(now, at))) ago"
        let until = Figures.sum(at, policy.cooldown)
        guard now < until else { return VerdictReason("cooldown", .auto, ago, inputs: inputs) }
        return VerdictReason(
            "cooldown", .approve, "\(ago), at least \(Figures.span(policy.cooldown)) are asked for", inputs: inputs,
            until: until)
    }

    private static let hour = Int64.seconds(3_600)

    var capacity: VerdictReason {
        let recent = circumstances.past.filter { $0.at > Figures.difference(now, Self.hour) }.sorted { $0.at < $1.at }
        // What cannot be counted may have been all of it.
        let shares = recent.map { $0.capacity >= 0 && $0.capacity <= 1 ? $0.capacity : 1 }
        let planned = plan.steps.reduce(0) { $0 + $1.blast.capacity }
        let touched = shares.reduce(0, +)
        let most = policy.blast.capacityAnHour
        let inputs = [
            ReasonInput("touched in the last hour", Figures.number(touched)),
            ReasonInput("planned", Figures.number(planned)), ReasonInput("most", Figures.number(most)),
        ]
        let text =
            "\(Figures.number(touched)) capacities touched in the last hour and \(Figures.number(planned)) planned, "
            + "at most \(Figures.number(most)) in an hour"
        // Shares are added in some order; what is written as the quota is within it.
        guard touched + planned > most + 1e-9 else { return VerdictReason("capacity", .auto, text, inputs: inputs) }
        var left = touched
        for (index, action) in recent.enumerated() {
            left -= shares[index]
            if left + planned <= most + 1e-9 {
                let until = Figures.sum(min(action.at, now), Self.hour)
                return VerdictReason("capacity", .approve, text, inputs: inputs, until: until)
            }
        }
        return VerdictReason("capacity", .approve, text, inputs: inputs)
    }

    private var actions: [ActionClass] {
        ActionClass.allCases.filter { action in plan.steps.contains { $0.order.action == action } }
    }

    private func names(_ actions: [ActionClass]) -> String { actions.map(\.rawValue).joined(separator: ", ") }
}

extension Policy.Window {
    /// Whether it is open when the clocks of its zone show this.
    func isOpen(_ local: CivilTime) -> Bool {
        let minute = local.second / 60
        guard until <= from else { return days.contains(local.weekday) && minute >= from && minute < until }
        // Over midnight: the day on which it began counts.
        return days.contains(local.weekday) && minute >= from
            || days.contains((local.weekday + 6) % 7) && minute < until
    }
}

extension Policy.Freeze {
    /// In nanoseconds since 1970. Where clocks show one of its ends twice, it is the longer one that is meant.
    var span: (from: Int64, until: Int64) {
        (Figures.nanoseconds(zone.instants(of: from).first), Figures.nanoseconds(zone.instants(of: until).last))
    }
}
