import Capabilities
import Model

/// What switches an instrument off by itself when nobody speaks to it.
extension Bench {
  /// Roles that drive energy, and the contact between each and the unit.
  private static let drivers: [(role: RoleName, contact: RoleName?)] = [
    (.cells, .emulatorContactor), (.loopSource, .loopContactor), (.auxiliarySupply, nil),
    (.shortBank, .shortTrigger),
  ]

  /// For each instrument that drives energy: its watchdog, armed and read back, or what it stands behind instead. Not
  /// met where an instrument has a watchdog and does not show it. Exchanges nothing: `programFences` has asked.
  ///
  /// - Returns: nil for a rig that drives nothing.
  func watchdogCondition(isGuarded: Bool) -> StartCondition? {
    var words: [String] = []
    var isMet = true
    var seen: [ObjectIdentifier] = []
    for (role, contact) in Self.drivers {
      for instrument in (members[role] ?? []).map(\.instrument) {
        guard !seen.contains(ObjectIdentifier(instrument)) else { continue }
        seen.append(ObjectIdentifier(instrument))
        let name = instrument.name
        if let fence = fences.first(where: { $0.instruments == [name] && $0.name.hasSuffix("watchdog") }),
          fence.state == .armed
        {
          words.append("\(name): \(fence.readBack), \(Self.armed)")
        } else if Self.hasWatchdog(instrument) {
          isMet = false
          words.append("\(name): has a watchdog and does not show it armed")
        } else {
          let relay = contact.flatMap { has($0) ? "'\($0.rawValue)'" : nil }
          let others = [relay, isGuarded ? "the guard" : nil].compactMap(\.self).joined(separator: " and ")
          words.append("\(name): none" + (others.isEmpty ? "" : ", stands behind \(others)"))
        }
      }
    }
    guard !words.isEmpty else { return nil }
    return StartCondition(name: "watchdogs", isMet: isMet, words: words.joined(separator: "; "))
  }

  private static let armed = "switched on and read back, and again with each switching on of the output"

  private static func hasWatchdog(_ instrument: any Instrument) -> Bool {
    instrument is any WatchdogProving || (instrument as? any LoopSource)?.silenceLimit != nil
  }
}
