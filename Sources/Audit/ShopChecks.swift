/// What the inventory's tables must say.
enum LedgerChecks {
    static let all = [quantities, reservationsHaveMovements, movementsHaveReservations, negative, once]

    private static let quantities = Check(
        invariant: 1, rule: "the quantity of every SKU is the sum of its movements",
        population: "SELECT count(*) FROM inventory",
        offending: """
            SELECT printf('%s: %d on hand, its movements sum to %d', sku, quantity, coalesce(sum, 0))
            FROM inventory LEFT JOIN (SELECT sku, sum(delta) AS sum FROM movements GROUP BY sku) USING (sku)
            WHERE quantity <> coalesce(sum, 0)
            """)

    /// What each reservation must have moved: its items once, and once back when it was released.
    private static let expected = """
        SELECT order_id, value ->> 'sku' AS sku, -sum(value ->> 'quantity') AS delta, 'reserve' AS cause
        FROM reservations, json_each(items) GROUP BY order_id, value ->> 'sku'
        UNION ALL
        SELECT order_id, value ->> 'sku', sum(value ->> 'quantity'), 'release'
        FROM reservations, json_each(items) WHERE outcome = 'RELEASED' GROUP BY order_id, value ->> 'sku'
        """
    private static let actual = """
        SELECT cause_id AS order_id, sku, delta, cause FROM movements WHERE cause IN ('reserve', 'release')
        """
    private static let reservationsHaveMovements = Check(
        invariant: 1, rule: "every reservation has its movements",
        population: "SELECT count(*) FROM reservations",
        offending: """
            SELECT printf('order %s: expected %s %d of %s', order_id, cause, delta, sku)
            FROM (SELECT * FROM (\(expected)) EXCEPT \(actual))
            """)
    private static let movementsHaveReservations = Check(
        invariant: 1, rule: "every movement of an order has its reservation",
        population: "SELECT count(*) FROM movements WHERE cause IN ('reserve', 'release')",
        offending: """
            SELECT printf('order %s: found %s %d of %s', order_id, cause, delta, sku)
            FROM (\(actual) EXCEPT SELECT * FROM (\(expected)))
            """)

    private static let negative = Check(
        invariant: 4, rule: "no quantity is below zero", population: "SELECT count(*) FROM inventory",
        offending: "SELECT printf('%s: %d', sku, quantity) FROM inventory WHERE quantity < 0")

    private static let once = Check(
        invariant: 5, rule: "no order moves a SKU twice for one cause",
        population: "SELECT count(*) FROM movements WHERE cause IN ('reserve', 'release')",
        offending: """
            SELECT printf('order %s: %d times %s of %s', cause_id, count(*), cause, sku) FROM movements
            WHERE cause IN ('reserve', 'release') GROUP BY cause_id, sku, cause HAVING count(*) > 1
            """)
}

/// What the orders' tables must say, beside the inventory's.
enum OrderChecks {
    static let all = [decided, reserved, released, known, delivered, undelivered, totals]

    private static let decided = Check(
        invariant: 2, rule: "every order ends confirmed, cancelled or deleted",
        population: "SELECT count(*) FROM orders",
        offending: """
            SELECT printf('order %s: %s', id, status) FROM orders WHERE status NOT IN ('CONFIRMED', 'CANCELLED', 'DELETED')
            """)
    private static let reserved = Check(
        invariant: 3, rule: "every confirmed order has its reservation",
        population: "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'",
        offending: """
            SELECT printf('order %s: its reservation is %s', id, coalesce(outcome, 'missing'))
            FROM orders LEFT JOIN inventory.reservations ON order_id = id
            WHERE status = 'CONFIRMED' AND outcome IS NOT 'RESERVED'
            """)
    private static let released = Check(
        invariant: 3, rule: "no reservation outlives its cancelled or deleted order",
        population: "SELECT count(*) FROM orders WHERE status IN ('CANCELLED', 'DELETED')",
        offending: """
            SELECT printf('order %s: %s, and its reservation stands', id, status)
            FROM orders JOIN inventory.reservations ON order_id = id
            WHERE status IN ('CANCELLED', 'DELETED') AND outcome = 'RESERVED'
            """)
    private static let known = Check(
        invariant: 3, rule: "every reservation belongs to an order",
        population: "SELECT count(*) FROM inventory.reservations WHERE outcome = 'RESERVED'",
        offending: """
            SELECT printf('reservation of %s: no such order', order_id) FROM inventory.reservations
            WHERE outcome = 'RESERVED' AND NOT EXISTS (SELECT 1 FROM orders WHERE id = order_id)
            """)
    private static let delivered = Check(
        invariant: 3, rule: "every confirmed order has one booked delivery",
        population: "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'",
        offending: """
            SELECT printf('order %s: its delivery is %s', orders.id, coalesce(deliveries.status, 'missing'))
            FROM orders LEFT JOIN deliveries ON order_id = orders.id
            WHERE orders.status = 'CONFIRMED' AND deliveries.status IS NOT 'BOOKED'
            """)
    private static let undelivered = Check(
        invariant: 3, rule: "no other order has a delivery that is not cancelled",
        population: "SELECT count(*) FROM orders WHERE status <> 'CONFIRMED'",
        offending: """
            SELECT printf('order %s: %s, and its delivery is %s', orders.id, orders.status, deliveries.status)
            FROM deliveries LEFT JOIN orders ON order_id = orders.id
            WHERE orders.status IS NOT 'CONFIRMED' AND deliveries.status <> 'CANCELLED'
            """)
    private static let totals = Check(
        invariant: 5, rule: "every confirmed order costs what its lines cost, once",
        population: "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'",
        offending: """
            SELECT printf('order %s: total %s, its lines cost %s', id, coalesce(total, 'none'), coalesce(sum, 'nothing'))
            FROM (SELECT id, total, (SELECT sum((value ->> 'quantity') * (value ->> 'price')) FROM json_each(items)) AS sum
                FROM orders WHERE status = 'CONFIRMED')
            WHERE total IS NOT sum
            """)
}

/// What the carrier's own book must say, where we can read it.
enum CarrierChecks {
    static let all = [booked, unbooked]

    private static let booked = Check(
        invariant: 3, rule: "every booked delivery stands in the carrier's book under its reference",
        population: "SELECT count(*) FROM deliveries WHERE status = 'BOOKED'",
        offending: """
            SELECT printf('order %s: %s, in the book %s', deliveries.order_id, coalesce(reference, 'no reference'),
                coalesce('KC-' || number || ' ' || parcels.status, 'nothing'))
            FROM deliveries LEFT JOIN carrier.parcels ON delivery_id = deliveries.id
            WHERE deliveries.status = 'BOOKED'
            AND (parcels.status IS NOT 'BOOKED' OR reference IS NOT 'KC-' || number)
            """)
    private static let unbooked = Check(
        invariant: 3, rule: "nothing else is booked at the carrier",
        population: "SELECT count(*) FROM carrier.parcels",
        offending: """
            SELECT printf('parcel KC-%d of order %s: booked, our delivery is %s', number, parcels.order_id,
                coalesce(deliveries.status, 'missing'))
            FROM carrier.parcels LEFT JOIN deliveries ON deliveries.id = delivery_id
            WHERE parcels.status = 'BOOKED' AND deliveries.status IS NOT 'BOOKED'
            """)
}
