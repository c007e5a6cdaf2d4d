import Contracts
import Signals
import Store

/// What is asked of the inventory's tables by those who only read.
enum InventoryTables {
    private static let columns = """
        products.sku, name, description, price, image_url, quantity, products.created_at, products.updated_at
        """

    static func product(_ sku: String, _ connection: Connection) throws -> StoredProduct? {
        try connection.first(
            "SELECT \(columns) FROM products JOIN inventory USING (sku) WHERE products.sku = ?", sku
        ) { row in try stored(row) }
    }

    static func list(limit: Int, after: String?, _ connection: Connection) throws -> ProductPage {
        let rows = try connection.all(
            """
            SELECT \(columns) FROM products JOIN inventory USING (sku) WHERE products.sku > ?
            ORDER BY products.sku LIMIT ?
            """, after ?? "", limit + 1
        ) { row in try stored(row) }
        return ProductPage(
            products: Array(rows.prefix(limit)), next: rows.count > limit ? rows[limit - 1].sku : nil)
    }

    static func stock(_ sku: String, _ connection: Connection) throws -> Stock? {
        try connection.first("SELECT quantity, updated_at FROM inventory WHERE sku = ?", sku) { row in
            Stock(sku: sku, quantity: try row.value(0), updated: WallTime(nanoseconds: try row.value(1)))
        }
    }

    private static func stored(_ row: borrowing Row) throws -> StoredProduct {
        StoredProduct(
            sku: try row.value(0), name: try row.value(1), description: try row.value(2), price: try row.value(3),
            imageURL: try row.value(4), quantity: try row.value(5), created: WallTime(nanoseconds: try row.value(6)),
            updated: WallTime(nanoseconds: try row.value(7)))
    }
}
