import Capabilities
import Model
import Ports

/// Off before anything is asked: what the ordered sequence proves afterwards is then already done.
extension SafeStateSequence {
  /// Sends OFF to everything that drives, on all links at the same time, and waits for no answer. A link that fails
  /// keeps no other from being told.
  ///
  /// - Parameter cells: Whether the cells go off, too. While the unit's settings still have to be restored they must
  ///   supply it, at voltages that hurt nothing.
  /// - Returns: What could not be sent.
  public func offAtOnce(cells: Bool) async -> [String] {
    let roles: [RoleName] = [.shortBank, .loopSource, .auxiliarySupply] + (cells ? [.cells] : [])
    var switches: [any OffSwitch] = []
    for member in roles.flatMap({ bench.members[$0] ?? [] }) {
      guard let off = member.instrument as? any OffSwitch, !switches.contains(where: { $0 === off }) else {
        continue
      }
      switches.append(off)
    }
    if bench.has(.shortTrigger) { try? await bench.switchLine(.shortTrigger, active: false) }
    guard !switches.isEmpty else { return [] }
    let told = Confined(switches)
    return await withTaskGroup(of: (Int, String?).self) { group in
      for index in switches.indices {
        group.addTask {
          let instrument = told.value[index]
          do {
            try await instrument.sendOff()
            return (index, nil)
          } catch { return (index, "\(instrument.name): \(error)") }
        }
      }
      var failures: [(Int, String)] = []
      for await (index, failure) in group { if let failure { failures.append((index, failure)) } }
      return failures.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
