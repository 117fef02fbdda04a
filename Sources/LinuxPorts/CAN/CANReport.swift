import Ports

extension CANTrouble {
  /// What a report of the controller means; several things may stand in one.
  ///
  /// - Parameters:
  ///   - classes: The identifier of an error frame without its flags.
  ///   - bytes: Its data.
  /// - Source: include/uapi/linux/can/error.h, Linux 6.1.
  static func all(classes: UInt32, bytes: [UInt8]) -> [CANTrouble] {
    var found: [CANTrouble] = []
    var rest = classes
    func has(_ bit: UInt32) -> Bool {
      defer { rest &= ~bit }
      return rest & bit != 0
    }
    // The worst first: whoever stops at the first one has it.
    if has(0x40) { found.append(.busOff) }
    if has(0x04) {
      let detail = bytes.count > 1 ? bytes[1] : 0
      if detail & 0x01 != 0 { found.append(.controllerOverflow) }
      if detail & 0x30 != 0 { found.append(.errorPassive) }
      if detail & 0x0C != 0 { found.append(.errorWarning) }
      if detail & 0x40 != 0 { found.append(.errorActive) }
    }
    if has(0x20) { found.append(.noAcknowledge) }
    let isBroken = has(0x08)
    let isBusError = has(0x80)
    if (isBroken || isBusError) && !found.contains(.noAcknowledge) { found.append(.brokenFrame) }
    if has(0x100) { found.append(.restarted) }
    // Bit 9 says only that counters stand in the data.
    rest &= ~0x200
    if rest != 0 || found.isEmpty { found.append(.other(classes)) }
    return found
  }
}
