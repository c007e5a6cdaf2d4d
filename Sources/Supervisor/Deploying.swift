import Contracts
import Definitions
import Glibc
import Host
import Settings
import Signals
import Supervision
import Worker

/// What the supervisor knows and keeps about deploys: what may be deployed, what became of it, what runs.
final class Deploying {
    private let data: String
    private(set) var records: [DeployRecord]
    /// How the objectives stood when the deploy began, and when the watch did.
    var baseline: [ObjectiveReport]?

    private static let mostRecords = 20

    init(data: String) {
        self.data = data
        records = ReleaseFiles.deploys(data: data)
    }

    /// The order with the paths that really differ, and the plan of its release; throws why it cannot be deployed.
    ///
    /// `mustBeMain` for who may only carry out what was merged.
    func prepare(
        _ order: DeployOrder, from running: Release, mustBeMain: Bool
    ) throws(DeployRefusal) -> (order: DeployOrder, plan: ClusterPlan) {
        let release = order.release
        if mustBeMain {
            let main = ReleaseFiles.main(of: ReleaseFiles.repository(data: data))
            guard main == release.commit else {
                throw DeployRefusal(
                    "expected the commit of main, \(main ?? "of which there is none"), found \(release.commit)")
            }
        }
        guard access("\(release.configuration)/cluster.yaml", R_OK) == 0 else {
            throw DeployRefusal("expected a configuration in \(release.configuration), found none")
        }
        var order = order
        order.touched = ReleaseFiles.differences(running.configuration, release.configuration)
        do {
            let plan = try ClusterFile.read(path: "\(release.configuration)/cluster.yaml")
            _ = try AccessFile.read(path: "\(release.configuration)/acl.yaml")
            order.executables = try Self.executables(of: plan, from: running, to: release)
            return (order, plan)
        } catch { throw (error as? DeployRefusal) ?? DeployRefusal("\(error)") }
    }

    /// The executables whose files differ: those of roles that name no path of their own.
    private static func executables(
        of plan: ClusterPlan, from running: Release, to release: Release
    ) throws(DeployRefusal) -> [String] {
        // The supervisor stands beside the guardian, wherever the others are.
        let own = ProcessFiles.ownFolder()
        let (old, new) = (running.programs ?? own, release.programs ?? own)
        let names = plan.roles.map(\.executable).filter { !$0.contains("/") }
        let missing = ProgramFiles.missing(names, in: new)
        guard missing.isEmpty || old == new else {
            throw DeployRefusal("expected \(missing.joined(separator: ", ")) in \(new), found no such executable")
        }
        return ProgramFiles.differences(names, old, new)
    }

    /// What an earlier supervisor had under way goes on with this plan.
    func plan(of release: Release) -> ClusterPlan? {
        try? ClusterFile.read(path: "\(release.configuration)/cluster.yaml")
    }

    func began(_ order: DeployOrder, at now: Int64) {
        records.removeAll { $0.outcome == .underway }
        records.insert(DeployRecord(release: order.release, outcome: .underway, text: order.text, began: now), at: 0)
        write()
    }

    func ended(_ order: DeployOrder, _ outcome: DeployRecord.Outcome, _ text: String, _ roles: [String], at now: Int64)
    {
        let began = records.first { $0.outcome == .underway && $0.release == order.release }?.began ?? now
        records.removeAll { $0.outcome == .underway && $0.release == order.release }
        records.insert(
            DeployRecord(release: order.release, outcome: outcome, text: text, roles: roles, began: began, ended: now),
            at: 0)
        write()
        guard outcome == .done else { return }
        do { try ReleaseFiles.keep(order.release, data: data) } catch {
            Log.standard.error("the next start of the cluster does not know what runs now", ["why": "\(error)"])
        }
    }

    /// What the cluster was started with, once all of it is ready: it is what the next start may begin with.
    func started(_ release: Release) {
        guard ReleaseFiles.last(data: data) != release, !release.commit.isEmpty else { return }
        do { try ReleaseFiles.keep(release, data: data) } catch {
            Log.standard.error("the next start of the cluster does not know what runs now", ["why": "\(error)"])
        }
    }

    private func write() {
        records = Array(records.prefix(Self.mostRecords))
        do throws(SystemFault) {
            guard let bytes = try? Packed.encode(records), let text = try? JSONText.unpack(bytes) else { return }
            try WholeFile.write(
                String(decoding: text, as: UTF8.self) + "\n", to: ReleaseFiles.deploysFile(data: data), durable: true)
        } catch {
            Log.standard.error("the record of deploys cannot be written", ["why": "\(error)"])
        }
    }

    /// What stands for all that the workers of a role read.
    static func fingerprint(of role: String, plan: ClusterPlan, release: Release) -> String {
        guard let found = plan.role(named: role) else { return "" }
        let entries = ReleaseFiles.entries(below: release.configuration)
            .filter { !Reach.roles(touched: [$0.path], old: plan, new: plan).filter { $0 == role }.isEmpty }
            .map { "\($0.path) \($0.content)" }
        let alone = ClusterPlan(host: plan.host, roles: [found])
        let text = ([alone.fingerprint, release.programs ?? ""] + entries).joined(separator: "\n")
        return Digest("kintsugi role configuration 1", of: Array(text.utf8)).description
    }
}

/// Why something is not deployed.
struct DeployRefusal: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
