// swift-tools-version:6.2
import PackageDescription

// Complete concurrency checking, the upcoming features that keep `any`, member visibility and imports explicit, and no
// warning of our own.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// What is generic over its caller's types: its bodies are offered to other modules, so that they are specialised
// there. Not everywhere: where Codable is generic the compiler (6.3.1) crashes on it.
let offered: [SwiftSetting] =
    strict + [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]

/// A library of the house; `floor` decides what it may import, and `Tests/TidyTests` holds it to that.
func room(
    _ name: String, path: String? = nil, needs: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
    .target(name: name, dependencies: needs, path: path ?? "Sources/\(name)", swiftSettings: settings)
}
func shell(_ name: String, path: String? = nil, needs: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: needs, path: path ?? "Sources/\(name)", swiftSettings: strict)
}
func proof(_ name: String, needs: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: needs, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "kintsugi",
    targets: [
        // ground: C libraries of the system, one module map each
        .systemLibrary(name: "CZeroMQ"),
        .systemLibrary(name: "CYAML"),
        .systemLibrary(name: "CHost"),
        .systemLibrary(name: "CSodium"),
        .systemLibrary(name: "CMicroHTTPD"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CCurl"),

        // floor 1: what decides, and what crosses a process boundary
        room("Contracts"),
        room("Routing", path: "Sources/Rules/Routing", needs: ["Contracts"], settings: offered),
        room("Supervision", path: "Sources/Rules/Supervision", needs: ["Contracts"]),
        room("Delivery", path: "Sources/Rules/Delivery", needs: ["Contracts"]),
        room("Orders", path: "Sources/Rules/Orders", needs: ["Contracts"]),
        room("Inventory", path: "Sources/Rules/Inventory", needs: ["Contracts"]),
        room("Carrying", path: "Sources/Rules/Carrying", needs: ["Contracts"]),
        room("Capabilities", path: "Sources/Rules/Capabilities", needs: ["Contracts"]),
        room("Risk", path: "Sources/Rules/Risk", needs: ["Contracts"]),
        room("Incidents", path: "Sources/Rules/Incidents", needs: ["Contracts"]),
        room("Doorkeeping", path: "Sources/Rules/Doorkeeping", needs: ["Contracts"]),
        room("Remedies", path: "Sources/Rules/Remedies", needs: ["Contracts"]),
        room("Faults", path: "Sources/Rules/Faults", needs: ["Contracts"]),
        room("Alerting", path: "Sources/Rules/Alerting", needs: ["Contracts"]),
        room("Postmortems", path: "Sources/Rules/Postmortems", needs: ["Contracts"]),
        room("Notices", path: "Sources/Rules/Notices", needs: ["Contracts"]),
        room("Reckoning", path: "Sources/Rules/Reckoning", needs: ["Contracts"]),
        room("Signals", needs: ["CHost"]),
        room("Threads", needs: ["CHost"]),
        room("Settings", needs: ["CYAML"]),
        room("Commands"),
        room("Insight", needs: ["Contracts"]),

        // floor 2: what moves bytes
        .target(name: "ConsoleFiles", path: "Sources/ConsoleFiles", exclude: ["assets"]),
        room("Bus", needs: ["CZeroMQ", "CHost", "Contracts", "Routing", "Signals", "Threads"]),
        room("Host", needs: ["CHost", "CSodium", "Capabilities", "Contracts", "Signals"]),
        room("Store", needs: ["CSQLite", "CHost", "CSodium", "Contracts", "Delivery", "Signals", "Threads"]),
        room(
            "Web", needs: ["CMicroHTTPD", "CHost", "CSodium", "CZlib", "Contracts", "Settings", "Signals", "Threads"],
            settings: offered),
        room(
            "Definitions",
            needs: [
                "Alerting", "Contracts", "Insight", "Notices", "Remedies", "Risk", "Routing", "Settings", "Signals",
                "Supervision",
            ]),
        room("Diagnosing", needs: ["Contracts", "Insight"]),
        room("OTLP", needs: ["CZlib", "Contracts"]),
        room("WebClient", needs: ["CCurl", "CHost", "Contracts", "Signals", "Threads"]),
        room("Senses", needs: ["Contracts", "Insight", "Signals"]),
        room("Load", needs: ["CHost", "Contracts"]),
        room("Triaging", needs: ["Alerting", "Contracts", "Insight"]),
        room("Intake", needs: ["CSodium", "Contracts"]),
        room("Archive", needs: ["CHost", "Contracts", "Threads"]),
        room(
            "Simulator",
            needs: [
                "Capabilities", "Contracts", "Incidents", "Insight", "Risk", "Routing", "Supervision", "Delivery",
                "Orders",
                "Inventory", "Carrying",
            ]),

        // floor 3: the life of a process
        room(
            "Worker",
            needs: [
                "CHost", "CZeroMQ", "Contracts", "Routing", "Supervision", "Delivery", "Signals", "Settings", "Bus",
                "Host",
                "Store",
            ]),

        room("Listening", needs: ["Contracts", "OTLP", "Senses"]),
        room(
            "ActionDoors",
            needs: ["Bus", "Capabilities", "Contracts", "Doorkeeping", "Host", "Signals", "Store", "Web"]),
        room("Audit", needs: ["Contracts", "Store"]),
        room("Chronicling", needs: ["Archive", "Contracts", "Incidents", "Postmortems", "Reckoning", "Risk"]),
        room(
            "Replaying",
            needs: ["Contracts", "Definitions", "Diagnosing", "Incidents", "Postmortems", "Remedies", "Risk"]),
        room("Knowledge", needs: ["Contracts", "Diagnosing", "Postmortems", "Remedies", "Store"]),
        room("Building", needs: ["CHost", "CSodium", "Contracts", "Host", "Remedies", "Signals", "Threads"]),
        room("Forge", needs: ["CHost", "Contracts", "Host", "Settings", "Signals", "Threads", "WebClient"]),
        room("Canaries", needs: ["Contracts", "Definitions", "Signals", "WebClient"]),
        room("Service", needs: ["Host", "Settings", "Signals", "Store", "Web"]),
        room("AlertDoors", needs: ["Contracts", "Definitions", "Intake", "Signals", "Web"]),
        room(
            "Channels",
            needs: [
                "CCurl", "CSodium", "Contracts", "Definitions", "Intake", "Notices", "Signals", "Threads", "WebClient",
            ]),
        room("Dispatching", needs: ["Contracts", "Notices", "Signals", "Store"]),

        // floor 4: the processes
        shell(
            "Broker",
            needs: [
                "ActionDoors", "Definitions", "Doorkeeping", "Contracts", "Routing", "Signals", "Settings", "Bus",
                "Host", "Worker",
            ]),
        shell(
            "Supervisor",
            needs: [
                "ActionDoors", "Capabilities", "Contracts", "Definitions", "Supervision", "Signals", "Settings", "Bus",
                "Host", "Web",
                "Worker",
            ]),
        shell(
            "OMSActor",
            needs: [
                "ActionDoors", "Doorkeeping", "Contracts", "Orders", "Carrying", "Delivery", "Signals", "Settings",
                "Bus", "Host", "Store", "Web",
                "WebClient",
                "Worker", "Service",
            ]),
        shell(
            "IMSActor",
            needs: [
                "ActionDoors", "Doorkeeping", "Contracts", "Inventory", "Signals", "Settings", "Bus", "Host", "Store",
                "Web", "Worker", "Service",
            ]),
        shell(
            "CarrierSimulator",
            needs: ["Contracts", "Signals", "Settings", "Bus", "Host", "Store", "Web", "Worker", "Service"]),
        shell(
            "TelemetryAgent",
            needs: [
                "CHost", "Canaries", "Contracts", "Definitions", "Insight", "Signals", "Settings", "Supervision", "Bus",
                "Host",
                "Listening",
                "OTLP",
                "Senses",
                "Store", "Web", "WebClient", "Worker", "Service",
            ]),
        shell(
            "RiskAgent",
            needs: [
                "Capabilities", "Contracts", "Definitions", "Risk", "Signals", "Settings", "Bus", "Host", "Store",
                "WebClient", "Worker", "Service",
            ]),
        shell(
            "RemediationAgent",
            needs: [
                "Building",
                "Bus", "Capabilities", "Contracts", "Definitions", "Forge", "Host", "Remedies", "Routing", "Service",
                "Settings",
                "Signals",
                "Store", "Supervision", "Worker",
            ]),
        shell(
            "TriageAgent",
            needs: [
                "AlertDoors", "Alerting", "Bus", "Contracts", "Definitions", "Diagnosing", "Host", "Incidents",
                "Insight",
                "Service", "Settings", "Signals", "Store", "Supervision", "Triaging", "Web", "Worker",
            ]),
        shell(
            "CommsAgent",
            needs: [
                "Archive", "Building", "Bus", "Channels", "Chronicling", "ConsoleFiles", "Contracts", "Definitions",
                "Diagnosing", "Knowledge", "Reckoning",
                "Dispatching", "Host", "Incidents", "Notices", "Postmortems", "Risk", "Service", "Settings", "Signals",
                "Store", "Web", "WebClient", "Worker",
            ]),
        shell(
            "EchoActor", path: "Tests/EchoActor", needs: ["Contracts", "Signals", "Settings", "Bus", "Worker", "CHost"]),
        shell("EchoLoad", path: "Tests/EchoLoad", needs: ["Commands", "Contracts", "Bus", "Host"]),
        shell("WebSample", path: "Tests/WebSample", needs: ["Contracts", "Host", "Settings", "Signals", "Web"]),
        shell("ForgeSample", path: "Tests/ForgeSample", needs: ["Contracts", "Forge", "WebClient"]),
        shell(
            "ChannelSample", path: "Tests/ChannelSample",
            needs: ["Channels", "Contracts", "Definitions", "Dispatching", "Notices", "Signals", "Store", "WebClient"]),
        shell("StoreHelper", path: "Tests/StoreHelper", needs: ["CSQLite", "Contracts", "Signals", "Store"]),

        room(
            "Bench",
            needs: [
                "CZeroMQ", "CSQLite", "Contracts", "Routing", "Signals", "Bus", "Host", "Worker", "Insight", "OTLP",
                "Senses", "Listening",
            ]),

        room(
            "Chaos",
            needs: [
                "CSQLite", "CHost", "Contracts", "Definitions", "Faults", "Forge", "Host", "Load", "Settings",
                "Signals",
                "Threads",
            ]),

        // floor 5: the operator's command, and the guardian
        shell(
            "kintsugi",
            needs: [
                "Contracts", "Routing", "Supervision", "Signals", "Settings", "Bus", "Host", "Simulator", "Worker",
                "Bench", "Audit", "Load", "Store", "Web", "WebClient", "Insight", "OTLP", "Definitions", "Canaries",
                "Diagnosing",
                "Risk", "Capabilities", "Incidents", "Doorkeeping",
                "Commands", "CHost", "CZeroMQ", "CSodium", "Threads",
                "Forge",
                "Building", "Chaos", "Faults", "Remedies",
                "Archive", "Postmortems",
                "Chronicling", "Knowledge", "Reckoning", "Replaying",
            ]),

        proof("ContractsTests", needs: ["Contracts"]),
        proof("RoutingTests", needs: ["Contracts", "Routing"]),
        proof("DeliveryTests", needs: ["Contracts", "Delivery"]),
        proof("OrdersTests", needs: ["Contracts", "Orders"]),
        proof("InventoryTests", needs: ["Contracts", "Inventory"]),
        proof("CarryingTests", needs: ["Contracts", "Carrying"]),
        proof("IncidentsTests", needs: ["Contracts", "Incidents"]),
        proof("FaultsTests", needs: ["Faults"]),
        proof("ChaosTests", needs: ["Chaos", "Contracts", "Faults", "Forge", "Host", "Load", "Settings", "Store"]),
        proof("RemediesTests", needs: ["Contracts", "Remedies"]),
        proof("BuildingTests", needs: ["Building", "CHost", "Contracts", "Host", "Remedies"]),
        proof(
            "RemediationAgentTests",
            needs: [
                "Building", "Contracts", "Forge", "Host", "RemediationAgent", "Remedies", "Service", "Signals", "Store",
                "Threads", "Worker",
            ]),
        proof("CapabilitiesTests", needs: ["Capabilities", "Contracts", "Host"]),
        proof(
            "TriageAgentTests",
            needs: [
                "Alerting", "Contracts", "Diagnosing", "Host", "Incidents", "Signals", "Store", "TriageAgent",
                "Triaging",
            ]),
        proof("PostmortemsTests", needs: ["Contracts", "Postmortems"]),
        proof("ArchiveTests", needs: ["Archive", "Contracts", "Host"]),
        proof(
            "ChroniclingTests",
            needs: [
                "Archive", "Chronicling", "Contracts", "Definitions", "Diagnosing", "Host", "Incidents", "Postmortems",
                "Remedies", "Risk", "Simulator",
            ]),
        proof(
            "ReplayingTests",
            needs: [
                "Contracts", "Definitions", "Diagnosing", "Incidents", "Postmortems", "Remedies", "Replaying", "Risk",
            ]),
        proof("ReckoningTests", needs: ["Contracts", "Reckoning"]),
        proof("KnowledgeTests", needs: ["Contracts", "Host", "Knowledge", "Postmortems", "Remedies", "Store"]),
        proof("DoorkeepingTests", needs: ["Contracts", "Doorkeeping"]),
        proof(
            "ActionDoorsTests",
            needs: [
                "ActionDoors", "Bus", "Capabilities", "Contracts", "Delivery", "Doorkeeping", "Host", "Signals",
                "Store", "Web",
            ]),
        proof(
            "BrokerTests",
            needs: [
                "ActionDoors", "Broker", "Bus", "Capabilities", "Contracts", "Doorkeeping", "Host", "Routing",
                "Signals",
            ]),
        proof("DiagnosingTests", needs: ["Contracts", "Diagnosing"]),
        proof("RiskTests", needs: ["Contracts", "Risk"]),
        proof("AlertingTests", needs: ["Alerting", "Contracts"]),
        proof("NoticesTests", needs: ["Contracts", "Notices"]),
        proof(
            "ChannelsTests", needs: ["Channels", "Contracts", "Definitions", "Intake", "Notices", "Web", "WebClient"]),
        proof("DispatchingTests", needs: ["Contracts", "Dispatching", "Host", "Notices", "Signals", "Store"]),
        proof("TriagingTests", needs: ["Alerting", "Contracts", "Insight", "Triaging"]),
        proof("IntakeTests", needs: ["CSodium", "Contracts", "Intake"]),
        proof(
            "AlertDoorsTests",
            needs: ["AlertDoors", "Contracts", "Definitions", "Host", "Intake", "Signals", "Web", "WebClient"]),
        proof("SupervisionTests", needs: ["Contracts", "Supervision"]),
        proof("SignalsTests", needs: ["Signals"]),
        proof("SettingsTests", needs: ["Settings"]),
        proof(
            "ShopTests",
            needs: ["Bench", "Contracts", "IMSActor", "OMSActor", "Orders", "Service", "Settings", "Signals", "Store"]),
        proof(
            "TelemetryAgentTests",
            needs: [
                "Contracts", "Host", "Listening", "OTLP", "Senses", "Signals", "Store", "TelemetryAgent", "Worker",
            ]),
        proof(
            "RiskAgentTests",
            needs: [
                "Capabilities", "Contracts", "Definitions", "Host", "Risk", "RiskAgent", "Signals", "Store",
            ]),
        proof("LoadTests", needs: ["Contracts", "Load"]),
        proof("CommandsTests", needs: ["Commands"]),
        proof("InsightTests", needs: ["Contracts", "Insight"]),
        proof(
            "KintsugiTests",
            needs: ["kintsugi", "Contracts", "Host", "Incidents", "Settings", "Web", "Commands", "Simulator"]),
        proof("BusTests", needs: ["CZeroMQ", "Contracts", "Routing", "Bus", "Host", "Signals"]),
        proof(
            "StoreTests",
            needs: ["CSQLite", "Contracts", "Delivery", "Signals", "Store", "StoreHelper", "Threads"]),
        proof("HostTests", needs: ["Capabilities", "Host", "CHost", "Contracts"]),
        proof(
            "SimulatorTests",
            needs: ["Insight", "Simulator", "Routing", "Supervision", "Delivery", "Orders", "Contracts"]),
        proof(
            "SupervisorTests",
            needs: ["ActionDoors", "Supervisor", "Capabilities", "Contracts", "Host", "Signals", "Supervision"]),
        proof(
            "WorkerTests",
            needs: ["Bus", "Contracts", "Delivery", "Routing", "Settings", "Signals", "Store", "Supervision", "Worker"]),
        proof(
            "WebTests",
            needs: ["CZlib", "Contracts", "Host", "Settings", "Signals", "Threads", "Web", "WebClient"]),
        proof("WebClientTests", needs: ["Host", "Signals", "Threads", "Web", "WebClient"]),
        proof("CanariesTests", needs: ["Canaries", "Contracts", "Definitions"]),
        proof(
            "DefinitionsTests",
            needs: [
                "Alerting", "Contracts", "Definitions", "Insight", "Notices", "Remedies", "Risk", "Routing", "Settings",
                "Supervision",
            ]),
        proof("SensesTests", needs: ["Contracts", "Insight", "Senses", "Signals"]),
        proof("OTLPTests", needs: ["CZlib", "Contracts", "OTLP"]),
        proof(
            "ForgeTests", needs: ["CHost", "Contracts", "Forge", "Host", "Settings", "Signals", "WebClient"]),
        proof("ConsoleFilesTests", needs: ["ConsoleFiles", "Contracts"]),
        proof("TidyTests", needs: []),
    ]
)
