import CHost
import Contracts
import Distributed

let b = host_distributed_begin(), e = host_distributed_end()
if let b, let e {
    var p = b
    while p < e {
        let off = p.load(as: Int32.self)
        let name = (p + Int(off)).assumingMemoryBound(to: CChar.self)
        print(String(cString: name))
        p += 20
    }
}
print(String(reflecting: $Echo<LocalTestingDistributedActorSystem>.self))
