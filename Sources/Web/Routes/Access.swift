/// Who may use a route.
public enum Access: Sendable, Equatable, ExpressibleByArrayLiteral {
    /// Everybody, without a key.
    case open
    /// Every key.
    case anyKey
    /// A key that has at least one of these roles.
    case roles([String])

    public init(arrayLiteral elements: String...) { self = .roles(elements) }

    func admits(_ caller: Caller) -> Bool {
        switch self {
        case .open, .anyKey: true
        case .roles(let roles): caller.roles.contains(where: roles.contains)
        }
    }
}
