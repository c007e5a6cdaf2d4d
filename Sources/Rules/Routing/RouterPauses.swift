public import Contracts

/// Pauses: calls to a role wait, though somebody could take them.
///
/// | | role paused | resumed | drained |
/// |---|---|---|---|
/// | a call for whichever worker | waits in the queue, `overloaded` beyond it, `late` after its deadline | given out in its turn | `overloaded` |
/// | a call for one certain worker | `overloaded` at once: it never waits | goes | – |
/// | the same, among the role's own processes | goes: a role that cannot work cannot finish what it has in hand | goes | – |
/// | what a worker has in hand | goes on, and its answer | | |
/// | what a dead worker had in hand | waits in front | given out first | `overloaded` |
///
/// Nothing of it outlives the router.
extension Router {
    /// From now on, or no more.
    public mutating func pause(_ name: String, _ isPaused: Bool, now: Moment) {
        let index = role(named: name)
        roles[index].isPaused = isPaused
        dispatch(index, now)
    }

    /// Answers all that waits for a role, which is how many.
    public mutating func drainQueue(_ name: String) -> Int {
        guard let index = roleOfName[name] else { return 0 }
        let sentAway = roles[index].queue.remove { _ in true }
        for call in sentAway {
            waiting.remove(call.key)
            overload(call, "the queue of \"\(name)\" was drained")
        }
        return sentAway.count
    }

    /// Whether a call that chose its worker may go now.
    func passesPause(_ call: Call<Message>) -> Bool {
        !roles[call.role].isPaused || SlotName(call.caller)?.role == roles[call.role].name
    }
}
