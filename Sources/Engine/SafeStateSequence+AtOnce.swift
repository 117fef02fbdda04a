import Capabilities
import Model
import Ports

/// Off before anything is asked: what the ordered sequence proves afterwards is then already done.
extension SafeStateSequence {
  /// Sends OFF to everything that drives, on all links at the same time, and waits for no answer. A link that fails or
  /// hangs keeps no other from being told. What could not be sent, the read-backs of the sequence find out and record.
  ///
  /// - Parameter cells: Whether the cells go off, too. While the unit's settings still have to be restored they must
  ///   supply it, at voltages that hurt nothing.
  public func offAtOnce(cells: Bool) async {
    let roles: [RoleName] = [.shortBank, .loopSource, .auxiliarySupply] + (cells ? [.cells] : [])
    var switches: [any OffSwitch] = []
    for member in roles.flatMap({ bench.reached[$0] ?? [] }) {
      guard let off = member.instrument as? any OffSwitch, !switches.contains(where: { $0 === off }) else {
        continue
      }
      switches.append(off)
    }
    let told = Confined((bench: bench, switches: switches))
    await withTaskGroup(of: Void.self) { group in
      if bench.has(.shortTrigger) {
        group.addTask { try? await told.value.bench.switchLine(.shortTrigger, active: false) }
      }
      for index in switches.indices {
        group.addTask { try? await told.value.switches[index].sendOff() }
      }
    }
  }
}
