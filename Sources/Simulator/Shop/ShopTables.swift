import Carrying
import Contracts
import Delivery
import Inventory
import Orders

enum ShopService: Int { case orders, inventory }

/// What a message says.
enum ShopBody: Equatable {
    case reserve([RequestedItem])
    case reserved([ReservedItem])
    case failed(reason: String)
    case release(reason: String)
    case book
    case cancel(reference: String?)
}

/// A message in an outbox, or among the dead letters.
struct ShopLetter: Equatable {
    /// The same for every delivery.
    let id: Int
    let order: String
    let target: String
    let body: ShopBody
    /// It kills whoever takes it, until that is mended.
    let isDeadly: Bool
    var row: OutboxRelay.Row
}

struct OrderRow: Equatable {
    let id: String
    /// The idempotency key under which it was placed.
    let key: Int
    var order: Order
}

struct ShelfRow: Equatable {
    let sku: String
    var shelf: Shelf
}

struct ReservationRow: Equatable {
    let order: String
    var reservation: Reservation
}

/// What outlives every crash of both services.
struct ShopTables: Equatable {
    var orders: [OrderRow] = []
    var shelves: [ShelfRow] = []
    var reservations: [ReservationRow] = []
    var movements: [Movement] = []
    /// The idempotency keys of the restockings that were done.
    var restocked: [Int] = []

    func order(_ id: String) -> Order? { orders.first { $0.id == id }?.order }
    func reservation(_ order: String) -> Reservation? { reservations.first { $0.order == order }?.reservation }
}

/// One of the two services: what is on its disk for the messages, and its process.
final class ShopNode {
    let service: ShopService
    /// The role as which messages are sent to it.
    let name: String

    // On disk.
    var outbox: [ShopLetter] = []
    var dead: [ShopLetter] = []
    var inbox: Set<Int> = []
    var lastSeq: Int64 = 0

    // In the process.
    var life = 0
    var isUp = false
    var relay: OutboxRelay
    var breaker: CircuitBreaker
    var tickAt = Moment.never

    init(_ service: ShopService, _ name: String) {
        self.service = service
        self.name = name
        relay = OutboxRelay(seed: 0)
        breaker = CircuitBreaker(seed: 0)
    }
}

/// One sending of the relay, until the last of its pieces has ended.
struct ShopSending {
    let node: ShopNode
    let life: Int
    let target: String
    var outcomes: [OutboxRelay.SentMessage] = []
    var open = 0
}

/// What travels together.
struct ShopPiece {
    let sending: Int
    let letters: [ShopLetter]
    var ticket: CircuitBreaker.Ticket?
    var isOver = false
}

/// Something that will happen.
enum ShopEvent {
    case starts(ShopNode)
    case sweeps(ShopNode, life: Int)
    case ticks(ShopNode, life: Int)
    case carriesOut(ShopNode, life: Int, OutboxRelay.Effect)
    case arrives(piece: Int)
    case ends(piece: Int, [OutboxRelay.Outcome])
    case expires(piece: Int)
    case reachesCarrier(piece: Int)
    case replies(piece: Int, CarrierReply)
    case wants
    case asks(Int)
    case requestArrives(Int)
    case answerArrives(Int, ShopAnswer)
    case fault
    case heals
    case looks

    /// Its number in the digest.
    var number: UInt64 {
        switch self {
        case .starts: 1
        case .sweeps: 2
        case .ticks: 3
        case .carriesOut: 4
        case .arrives: 5
        case .ends: 6
        case .expires: 7
        case .reachesCarrier: 8
        case .replies: 9
        case .wants: 10
        case .asks: 11
        case .requestArrives: 12
        case .answerArrives: 13
        case .fault: 14
        case .heals: 15
        case .looks: 16
        }
    }
}
