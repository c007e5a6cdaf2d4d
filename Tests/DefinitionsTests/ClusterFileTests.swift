import Contracts
import Routing
import Settings
import Supervision
import Testing

@testable import Definitions

@Suite("The files that say what a cluster runs")
struct ClusterFileTests {
    private func plan(_ text: String) throws -> ClusterPlan {
        try ClusterFile.read(Document(text: text, name: "cluster.yaml"))
    }
    private func mistakes(_ text: String) -> String {
        do {
            _ = try plan(text)
            return ""
        } catch { return "\(error)" }
    }

    @Test("a whole file is read as it is written")
    func whole() throws {
        let plan = try plan(
            """
            version: 1
            host: north
            groups: [{name: ground, strategy: rest-for-one}]
            listeners: [{name: http, port: 8081}]
            roles:
              - {name: broker, group: ground, executable: Broker, replacement: stop-first}
              - name: orders
                executable: OMSActor
                arguments: [--fast]
                environment: {TZ: UTC}
                replicas: 3
                listens: [http]
                after: [broker]
                ready_within: 2s
                stop_within: 3s
                memory_limit: 64MiB
                intensity: {faults: 2, within: 5s}
                backoff: {base: 50ms, longest: 1s}
            """)
        #expect(plan.host == "north")
        let orders = try #require(plan.role(named: "orders"))
        #expect(orders.replicas == 3)
        #expect(orders.arguments == ["--fast"])
        #expect(orders.environment == ["TZ": "UTC"])
        #expect(orders.limits.memoryBytes == 64 << 20)
        #expect(orders.limits.readyWithin == .seconds(2))
        #expect(orders.limits.intensity == Intensity.Limit(faults: 2, within: .seconds(5)))
        #expect(orders.limits.backoff.base == .milliseconds(50))
        #expect(plan.role(named: "broker")?.replacement == .stopFirst)
        #expect(plan.listeners.first?.address == "127.0.0.1")
    }

    @Test("a mistake is named with file, line and key, and all of them at once")
    func named() {
        let said = mistakes(
            """
            version: 1
            roles:
              - name: broker
                executable: Broker
                replicas: many
                memroy_limit: 5MiB
            """)
        #expect(
            said.contains("cluster.yaml:5: roles[0].replicas: expected a whole number from 0 to 64, found \"many\""))
        #expect(said.contains("cluster.yaml:6: roles[0].memroy_limit: unknown key; did you mean \"memory_limit\"?"))
    }

    @Test("what only the whole shows is a mistake too: names that nothing has, and circles")
    func whole_mistakes() {
        let unknown = mistakes(
            """
            version: 1
            roles:
              - {name: a, executable: A}
              - name: b
                executable: B
                after: [a, c]
                listens: [http]
            """)
        #expect(unknown.contains("cluster.yaml:6: roles[1].after: expected a role of this file, found \"c\""))
        #expect(unknown.contains("cluster.yaml:7: roles[1].listens: expected a listener of this file, found \"http\""))
        let circle = "version: 1\nroles: [{name: a, executable: A, after: [b]}, {name: b, executable: B, after: [a]}]"
        #expect(mistakes(circle).contains("these roles wait for each other: a, b"))
    }

    @Test("the shipped configuration is one that can be read")
    func shipped() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).map(String.init).joined(separator: "/")
        let plan = try ClusterFile.read(path: "/\(folder)/config/cluster.yaml")
        let access = try AccessFile.read(path: "/\(folder)/config/acl.yaml").access
        #expect(plan.role(named: "broker") != nil)
        for role in plan.roles { #expect(access.knows(role.name), "\(role.name) is not in acl.yaml") }
        #expect(access.mayCall("broker", "supervisor", delivery: false))
    }

    @Test("an access list is read with its keys, and a role that it does not list is a mistake")
    func access() throws {
        let file = try AccessFile.read(
            Document(
                text: """
                    version: 1
                    roles:
                      orders: {deliver: [inventory], publish: [metrics.]}
                      inventory: {call: [orders], listen: [""]}
                    keys: [{public: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", role: orders}]
                    """, name: "acl.yaml"))
        #expect(file.access.mayCall("orders", "inventory", delivery: true))
        #expect(!file.access.mayCall("orders", "inventory", delivery: false))
        #expect(file.keys.first?.role == "orders")
        #expect {
            try AccessFile.read(Document(text: "version: 1\nroles: {a: {call: [b]}}", name: "acl.yaml"))
        } throws: { error in
            "\(error)".contains("acl.yaml:2: roles: \"a\" names the role \"b\", which is not listed")
        }
    }
}
