public import Settings
public import Supervision

/// Reads `cluster.yaml`: what the cluster runs.
public enum ClusterFile {
    public static func read(path: String) throws(ConfigurationError) -> ClusterPlan {
        try read(Document(path: path))
    }

    public static func read(_ document: Document) throws(ConfigurationError) -> ClusterPlan {
        try document.read { file in
            _ = file.required("version", .wholeNumber(in: 1...1))
            var plan = ClusterPlan(roles: [])
            plan.host = file.value("host", .text(length: 1...64), otherwise: "local")
            plan.groups = file.sections("groups", atMost: 16) { group in
                GroupPlan(
                    name: group.required("name", .name),
                    strategy: group.required("strategy", .choice(of: Strategy.self)))
            }
            plan.listeners = file.sections("listeners", atMost: 64) { listener in
                ListenerPlan(
                    name: listener.required("name", .name),
                    address: listener.value("address", .text(length: 1...64), otherwise: "127.0.0.1"),
                    port: UInt16(listener.required("port", .wholeNumber(in: 0...65_535))))
            }
            var sections: [Section] = []
            plan.roles = file.sections("roles", atMost: 64) { section in
                sections.append(section)
                return role(section)
            }
            if !refuseUnknownNames(plan, sections) {
                // What no single line is to blame for: names that stand twice, circles.
                do { try plan.validate() } catch { file.refuse("roles", "\(error)") }
            }
            return plan
        }
    }

    /// Names the line of every name that nothing has; false when there is none.
    private static func refuseUnknownNames(_ plan: ClusterPlan, _ sections: [Section]) -> Bool {
        var found = false
        func refuse(_ section: Section, _ key: String, _ what: String, _ name: String) {
            found = true
            section.refuse(key, "expected \(what) of this file, found \"\(name)\"")
        }
        for (role, section) in zip(plan.roles, sections) {
            for name in role.after where plan.role(named: name) == nil { refuse(section, "after", "a role", name) }
            for name in role.listens where !plan.listeners.contains(where: { $0.name == name }) {
                refuse(section, "listens", "a listener", name)
            }
            if let group = role.group, !plan.groups.contains(where: { $0.name == group }) {
                refuse(section, "group", "a group", group)
            }
        }
        return found
    }

    private static func role(_ section: Section) -> RolePlan {
        var role = RolePlan(
            name: section.required("name", .name), executable: section.required("executable", .text()))
        role.group = section.optional("group", .name)
        role.arguments = section.list("arguments", of: .text(), atMost: 64)
        for (name, value) in section.map("environment", keys: .text(length: 1...128), of: .text(length: 0...4_096)) {
            role.environment[name] = value
        }
        role.replicas = section.value("replicas", .wholeNumber(in: 0...64), otherwise: 1)
        role.listens = section.list("listens", of: .name, atMost: 16)
        role.after = section.list("after", of: .name, atMost: 64)
        role.replacement = section.value(
            "replacement", .choice(of: Replacement.self), otherwise: .startFirst)
        role.isOutside = section.value("outside", .boolean, otherwise: false)
        role.limits = limits(section)
        return role
    }

    private static func limits(_ section: Section) -> SlotLimits {
        var limits = SlotLimits()
        let deadline: Scalar<Duration> = .duration(in: .milliseconds(10)...(.seconds(600)))
        limits.readyWithin = section.value("ready_within", deadline, otherwise: limits.readyWithin)
        limits.stopWithin = section.value("stop_within", deadline, otherwise: limits.stopWithin)
        limits.slowRetry = section.value("slow_retry", deadline, otherwise: limits.slowRetry)
        limits.memoryBytes = section.optional("memory_limit", .size(in: 1 << 20...1 << 40))
        section.optionalSection("intensity") { intensity in
            limits.intensity = Intensity.Limit(
                faults: intensity.required("faults", .wholeNumber(in: 1...1_000)),
                within: intensity.required("within", deadline))
        }
        section.optionalSection("backoff") { backoff in
            limits.backoff.base = backoff.value("base", deadline, otherwise: limits.backoff.base)
            limits.backoff.longest = backoff.value("longest", deadline, otherwise: limits.backoff.longest)
            limits.backoff.forgottenAfter = backoff.value(
                "forgotten_after", deadline, otherwise: limits.backoff.forgottenAfter)
        }
        return limits
    }
}
