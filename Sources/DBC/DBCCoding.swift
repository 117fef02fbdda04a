/// A signal as it stands in a frame.
public enum DBCRaw: Hashable, Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case real(Double)

  public var number: Double {
    switch self {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .real(let value): value
    }
  }
}

/// One decoded value.
public struct DBCValue: Hashable, Sendable {
  public var signal: String
  public var raw: DBCRaw
  /// raw · factor + offset, in `unit`.
  public var physical: Double
  public var unit: String
  /// What the file's table calls this raw value.
  public var name: String?
}

/// A frame that cannot be made.
public struct DBCEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}

extension DBCMessage {
  /// What a frame holds, in the order of the file. Signals that another value of a selector would show are left out.
  ///
  /// - Returns: Also the names of signals for which the frame is too short.
  public func decode(_ bytes: [UInt8]) -> (values: [DBCValue], missing: [String]) {
    var values: [DBCValue] = []
    var missing: [String] = []
    for signal in signals {
      switch isThere(signal, in: bytes) {
      case false?: continue
      case nil: missing.append(signal.name)
      case true?:
        if let value = signal.value(in: bytes) { values.append(value) } else { missing.append(signal.name) }
      }
    }
    return (values, missing)
  }

  /// nil: the selector itself is not in the frame.
  private func isThere(_ signal: DBCSignal, in bytes: [UInt8]) -> Bool? {
    var condition = signal.condition
    var steps = 0
    while let asked = condition, steps <= signals.count {
      steps += 1
      guard let selector = self.signal(named: asked.selector) else { return false }
      guard let bits = selector.bits(of: bytes) else { return nil }
      guard asked.ranges.contains(where: { $0.contains(bits) }) else { return false }
      condition = selector.condition
    }
    return true
  }

  /// Makes a frame from physical values by name.
  ///
  /// - Parameter values: For every signal that is there for the given selectors, and for no other; unused bits are 0.
  /// - Throws: a value that is missing, unknown, not there or outside of what its bits can hold.
  public func encode(_ values: [String: Double]) throws(DBCEncodingError) -> [UInt8] {
    for name in values.keys.sorted() where signal(named: name) == nil {
      throw DBCEncodingError(description: "'\(self.name)' has no signal '\(name)'")
    }
    var bytes = [UInt8](repeating: 0, count: length)
    // Selectors first: they decide what else is there.
    var isDone: Set<String> = []
    var selectors =
      signals.filter(\.isSelector)
      + signals.filter { one in
        !one.isSelector && signals.contains { $0.condition?.selector == one.name }
      }
    // Outer selectors before those that depend on them.
    selectors.sort { depth($0) < depth($1) }
    for signal in selectors + signals where isDone.insert(signal.name).inserted {
      guard signal.fits(in: length) else {
        throw DBCEncodingError(description: "'\(signal.name)' does not fit into \(length) bytes")
      }
      let isThere = isThere(signal, in: bytes) == true
      guard let value = values[signal.name] else {
        if isThere { throw DBCEncodingError(description: "a value for '\(signal.name)' is missing") }
        continue
      }
      guard isThere else {
        throw DBCEncodingError(description: "'\(signal.name)' is not in the frame with these selectors")
      }
      signal.place(try signal.bits(for: value), in: &bytes)
    }
    return bytes
  }

  private func depth(_ signal: DBCSignal) -> Int {
    var depth = 0
    var condition = signal.condition
    while let asked = condition, depth <= signals.count {
      depth += 1
      condition = self.signal(named: asked.selector)?.condition
    }
    return depth
  }
}

extension DBCSignal {
  /// The value in a frame, whether or not a selector shows it; nil when the frame is too short.
  func value(in bytes: [UInt8]) -> DBCValue? {
    guard let bits = bits(of: bytes) else { return nil }
    let raw = raw(of: bits)
    let key: Int64? =
      switch raw {
      case .unsigned(let value): Int64(exactly: value)
      case .signed(let value): value
      case .real: nil
      }
    return DBCValue(
      signal: name, raw: raw, physical: raw.number * factor + offset, unit: unit,
      name: key.flatMap { names[$0] })
  }

  private func raw(of bits: UInt64) -> DBCRaw {
    switch kind {
    case .unsigned: return .unsigned(bits)
    case .signed:
      let unused = UInt64(64 - length)
      return .signed(Int64(bitPattern: bits << unused) >> Int64(unused))
    case .float: return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .double: return .real(Double(bitPattern: bits))
    }
  }

  func bits(for physical: Double) throws(DBCEncodingError) -> UInt64 {
    let raw = (physical - offset) / factor
    func outside() -> DBCEncodingError {
      DBCEncodingError(description: "\(physical) is more than the \(length) bits of '\(name)' can hold")
    }
    switch kind {
    case .float: return UInt64(Float(raw).bitPattern)
    case .double: return raw.bitPattern
    case .unsigned:
      guard let value = UInt64(exactly: raw.rounded()), length == 64 || value >> UInt64(length) == 0 else {
        throw outside()
      }
      return value
    case .signed:
      guard let value = Int64(exactly: raw.rounded()) else { throw outside() }
      let high = value >> Int64(length - 1)
      guard high == 0 || high == -1 else { throw outside() }
      let bits = UInt64(bitPattern: value)
      return length == 64 ? bits : bits & (1 << UInt64(length) - 1)
    }
  }
}
