import Contracts

/// From a plan to the permission to carry it out.
extension Change {
    mutating func offered(_ offers: [PlanOffer], _ text: String) -> Bool {
        incident.offers = offers.filter { offer in
            offer.plan.incident == incident.id && offer.plan.generation == incident.generation
                && !offer.plan.steps.isEmpty
                && !incident.earlier.contains { $0.orders == offer.plan.steps.map(\.order.digest) }
        }
        guard let best = incident.offers.first else {
            let left = offers.isEmpty ? text : "every plan that is left was tried or refused before"
            escalate(left.isEmpty ? "nobody knows a plan" : left)
            return true
        }
        go(.planned, best.plan.text)
        begin(.verdict)
        return true
    }

    mutating func judged(_ verdict: Verdict) -> Bool {
        guard let offer = incident.plan, verdict.plan == offer.plan.digest else { return false }
        incident.verdict = verdict
        switch verdict.outcome {
        case .auto: act("Risk lets it go alone")
        case .approve:
            go(.awaitingApproval, "waits for \(verdict.approvers == 1 ? "a person" : "\(verdict.approvers) people")")
            begin(.approval, within: patience(verdict))
            tell(.approvalNeeded, verdict.against)
        case .deny: denied(verdict)
        }
        return true
    }

    private func patience(_ verdict: Verdict) -> Int64 {
        let seconds = verdict.approvalSeconds
        guard seconds > 0, seconds < 1e9 else { return terms.approvalMargin }
        return Int64(seconds * 1e9).later(by: terms.approvalMargin)
    }

    /// Where only time stands against it, time is given; else the next plan has its turn.
    private mutating func denied(_ verdict: Verdict) {
        if let from = verdict.autoFrom, from > now, from - now <= terms.waitForTime {
            go(.planned, "waits until the policy allows it: \(verdict.against)")
            begin(.pause, within: from - now)
            return
        }
        drop(.denied, verdict.against)
        guard incident.plan != nil else { return escalate("the policy forbids every plan: \(verdict.against)") }
        go(.planned, "the next plan")
        begin(.verdict)
    }

    /// The plan in question is put aside.
    mutating func drop(_ fate: EarlierPlan.Fate, _ text: String) {
        guard let offer = incident.plan else { return }
        incident.earlier.append(
            EarlierPlan(
                plan: offer.plan.digest, orders: offer.plan.steps.map(\.order.digest), fate: fate, text: text))
        incident.offers.removeFirst()
        incident.execution = nil
    }

    mutating func answered(_ standing: ApprovalStanding) -> Bool {
        if standing.outcome == .waiting { return false }
        incident.approval = standing
        switch standing.outcome {
        case .waiting: return false
        case .granted: act("agreed to by \(standing.people.joined(separator: " and "))")
        case .notNeeded: act("Risk lets it go alone")
        case .rejected: rejected(standing)
        case .denied:
            drop(.denied, standing.text)
            escalate("the policy lets nobody agree to it: \(standing.text)")
        case .void: replan("the approval is void: \(standing.text)")
        case .expired: unanswered()
        }
        return true
    }

    private mutating func rejected(_ standing: ApprovalStanding) {
        let person = standing.people.first ?? "a person"
        drop(.rejected, standing.feedback ?? "rejected by \(person)")
        if let feedback = standing.feedback, !feedback.isEmpty { incident.feedback.append("\(person): \(feedback)") }
        learn(false, .person)
        go(.rejected, "rejected by \(person)")
        tell(.rejected, standing.feedback ?? "")
    }

    mutating func unanswered() {
        drop(.expired, "nobody answered in time")
        escalate("nobody answered in time")
    }

    /// The state has moved: the same diagnosis, a plan for the state that is.
    mutating func replan(_ why: String) {
        incident.replans += 1
        guard incident.replans <= terms.mostReplans else {
            return escalate("the state moves faster than plans can be made: \(why)")
        }
        incident.verdict = nil
        incident.approval = nil
        incident.execution = nil
        incident.offers = []
        go(.diagnosed, why)
        begin(.plan)
    }

    /// Carries the plan out, if it still hurts.
    private mutating func act(_ why: String) {
        guard incident.quietSince == nil else {
            incident.note = "nothing fires just now: nothing is done"
            begin(.pause, within: terms.calm.later(by: .seconds(1)))
            return
        }
        go(.executing, why)
        begin(.execution)
        incident.execution = incident.step?.id
        tell(.acting, incident.plan?.plan.text ?? "")
    }
}

extension Verdict {
    /// What speaks against its going alone, in a line.
    var against: String {
        reasons.filter { $0.outcome != .auto && $0.outcome >= outcome }.map(\.text).joined(separator: "; ")
    }
}
