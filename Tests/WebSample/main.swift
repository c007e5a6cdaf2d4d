import Glibc
import Host
import Settings
import Web

// Serves the sample shop until it is ended; prints its port and one key for each role.
// `WebSample PORT [certificate key]`
let arguments = CommandLine.arguments
signal(SIGPIPE, SIG_IGN)
let (customer, customerHash) = Keyring.makeKey()
let (manager, managerHash) = Keyring.makeKey()
let keys = """
    version: 1
    keys:
      - {name: shopper, hash: \(customerHash), roles: [customer, operator], rate: 1000000, burst: 1000000}
      - {name: manager, hash: \(managerHash), roles: [operator], rate: 1000000, burst: 1000000}
    """
var plan = ServerPlan(title: "The sample shop", version: "1.0.0")
plan.keys = try Keyring(Document(text: keys, name: "keys"))
plan.checksAnswers = getenv("CHECK") != nil
if arguments.count == 4 { plan.encryption = try Encryption(certificateFile: arguments[2], keyFile: arguments[3]) }
let listener = try ListeningSocket(name: "sample", address: "127.0.0.1", port: UInt16(arguments[1]) ?? 0)
let shop = SampleShop()
let server = Server(plan, routes: shop.routes)
try server.start(on: listener.descriptor.number)
print("\(listener.port) \(customer) \(manager)")
fflush(nil)
var waited = sigset_t()
sigemptyset(&waited)
sigaddset(&waited, SIGTERM)
sigprocmask(SIG_BLOCK, &waited, nil)
var received: Int32 = 0
sigwait(&waited, &received)
await server.drain(within: .seconds(5))
