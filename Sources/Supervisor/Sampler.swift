import Contracts
import Host
import Supervision

/// What the workers use: looked up once a second, by the supervisor's loop.
///
/// A memory limit is held against the resident memory that /proc tells: RLIMIT_AS would count address space, which a
/// Swift process reserves freely, and a control group needs rights that we may not have.
final class Sampler {
    private struct Sample {
        let slot: SlotName
        let pid: Int32
        let at: Moment
        let statistics: ProcessFiles.Statistics
        var processorPercent: Double?
    }

    private var samples: [Sample] = []

    func look(at processes: [(slot: SlotName, pid: Int32)], _ now: Moment) {
        samples = processes.compactMap { slot, pid in
            guard let statistics = ProcessFiles.statistics(pid) else { return nil }
            var sample = Sample(slot: slot, pid: pid, at: now, statistics: statistics)
            if let before = samples.first(where: { $0.slot == slot && $0.pid == pid }), now > before.at,
                statistics.processorTime >= before.statistics.processorTime
            {
                let used = Double(statistics.processorTime - before.statistics.processorTime) / 1e9
                sample.processorPercent = 100 * used / now.since(before.at).inSeconds
            }
            return sample
        }
    }

    func memory(of slot: SlotName) -> Int? { samples.first { $0.slot == slot }?.statistics.memory }

    /// The status with what was seen of the process in the slot.
    func completed(_ status: SlotStatus) -> SlotStatus {
        guard let sample = samples.first(where: { $0.slot.description == status.name && $0.pid == status.pid }) else {
            return status
        }
        var status = status
        status.memoryBytes = sample.statistics.memory
        status.processorPercent = sample.processorPercent
        return status
    }
}
