import Testing

@testable import RemediationAgent

@Suite struct TurnstileTests {
    private actor Count {
        var inside = 0
        var most = 0
        func enter() {
            inside += 1
            most = max(most, inside)
        }
        func leave() { inside -= 1 }
    }

    @Test func oneIsInsideAtATime() async {
        let (turnstile, count) = (Turnstile(), Count())
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...50 {
                group.addTask {
                    await turnstile.pass {
                        await count.enter()
                        await Task.yield()
                        await count.leave()
                    }
                }
            }
        }
        #expect(await count.most == 1)
    }
}
