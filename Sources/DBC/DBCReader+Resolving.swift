/// What can only be said when the whole file is known.
extension DBCReader {
  mutating func resolve() {
    for (place, selector, ranges) in extended {
      guard
        let index = database.messages[place.message].signals.firstIndex(where: { $0.name == place.signal })
      else { continue }
      database.messages[place.message].signals[index].condition = .init(selector: selector, ranges: ranges)
    }
    for index in database.messages.indices { resolve(index) }
    database.messages.removeAll { $0.isExtended && $0.identifier == Self.noFrame & 0x7FFF_FFFF }
  }

  private mutating func resolve(_ index: Int) {
    let message = database.messages[index]
    let isReal = !(message.isExtended && message.identifier == Self.noFrame & 0x7FFF_FFFF)
    let roots = message.signals.filter {
      $0.isSelector && marks[Place(message: index, signal: $0.name)] == nil
    }
    for (number, signal) in message.signals.enumerated() {
      let place = Place(message: index, signal: signal.name)
      let origin = origins[place]
      if isReal, !signal.fits(in: message.length) {
        findings.append(
          finding(
            "'\(signal.name)' does not fit into the \(message.length) bytes of '\(message.name)'", at: origin)
        )
      }
      guard let value = marks[place], signal.condition == nil else { continue }
      guard roots.count == 1 else {
        findings.append(
          finding(
            roots.isEmpty
              ? "'\(signal.name)' is there for one value of a selector, and '\(message.name)' has none (M)"
              : "'\(message.name)' has several selectors, and no SG_MUL_VAL_ says which one '\(signal.name)' needs",
            at: origin))
        continue
      }
      database.messages[index].signals[number].condition = .init(
        selector: roots[0].name, ranges: [value...value])
    }
    checkCircles(index)
  }

  /// A selector that depends on itself could never be decided.
  private mutating func checkCircles(_ index: Int) {
    let message = database.messages[index]
    for signal in message.signals {
      var seen: Set<String> = [signal.name]
      var condition = signal.condition
      while let selector = condition?.selector {
        guard seen.insert(selector).inserted else {
          let origin = origins[Place(message: index, signal: signal.name)]
          findings.append(finding("whether '\(signal.name)' is there depends on itself", at: origin))
          break
        }
        condition = message.signal(named: selector)?.condition
      }
    }
  }
}
