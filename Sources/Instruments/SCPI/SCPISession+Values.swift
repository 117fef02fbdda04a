import Capabilities
import Ports

/// One entry of an instrument's error queue.
public struct SCPIErrorEntry: Hashable, Sendable, CustomStringConvertible {
  public let code: Int
  public let text: String
  public var description: String { "\(code), \(text)" }
}

/// Replies as values. Whatever does not read exactly as expected is `.malformedReply`, never a number.
extension SCPISession {
  /// One number. 9.9E37 (overload) and 9.91E37 (not a number) are kept as sent.
  /// - Parameter suffix: Unit text that the model may append, e.g. `V`.
  public func queryNumber(_ command: String, suffix: String = "", deadline: Interval? = nil)
    async throws(InstrumentError) -> Double
  {
    try await queryNumbers(command, count: 1, suffix: suffix, deadline: deadline)[0]
  }

  /// Exactly `count` numbers separated by `separator`.
  public func queryNumbers(
    _ command: String, count: Int, suffix: String = "", separator: Character = ",", deadline: Interval? = nil
  ) async throws(InstrumentError) -> [Double] {
    let reply = try await query(command, deadline: deadline)
    let fields = reply.split(separator: separator, omittingEmptySubsequences: false)
    guard fields.count == count else {
      throw malformed("'\(command)' asks for \(count) numbers, '\(reply)' has \(fields.count)", bytes: [])
    }
    var numbers: [Double] = []
    for field in fields {
      guard let number = SCPIText.number(field, suffix: suffix) else {
        throw malformed("'\(field)' in the reply to '\(command)' is not a number", bytes: [])
      }
      numbers.append(number)
    }
    return numbers
  }

  /// A whole number such as a status register (`+8`, `8`, `8.0` is refused).
  public func queryInteger(_ command: String, deadline: Interval? = nil) async throws(InstrumentError) -> Int
  {
    let reply = try await query(command, deadline: deadline)
    guard let number = SCPIText.integer(reply) else {
      throw malformed("'\(reply)' in reply to '\(command)' is not a whole number", bytes: [])
    }
    return number
  }

  /// `1`, `+1` or `ON`; `0`, `+0` or `OFF`.
  public func queryFlag(_ command: String) async throws(InstrumentError) -> Bool {
    let reply = try await query(command)
    guard let flag = SCPIText.flag(reply) else {
      throw malformed("'\(reply)' in reply to '\(command)' is neither on nor off", bytes: [])
    }
    return flag
  }

  /// Reads the error queue until it is empty; at most `errorDrainMax` entries.
  /// - Returns: The entries found, oldest first; empty for models without a queue.
  /// - Throws: `.refused` when the queue never empties.
  public func drainErrors() async throws(InstrumentError) -> [SCPIErrorEntry] {
    guard let errorQuery = dialect.errorQuery else { return [] }
    var found: [SCPIErrorEntry] = []
    for _ in 0..<Self.errorDrainMax {
      let reply = try await query(errorQuery)
      guard let entry = SCPIText.errorEntry(reply) else {
        throw malformed("'\(reply)' is not an entry of the error queue", bytes: [])
      }
      if entry.code == 0 { return found }
      found.append(entry)
    }
    throw InstrumentError(
      .refused, instrument: instrument,
      message: "the error queue still holds '\(found.last!)' after \(Self.errorDrainMax) reads",
      advice: "switch \(instrument) off and on")
  }

  static let errorDrainMax = 32

  /// Reads the error queue after `command`.
  /// - Throws: `.refused` with the instrument's own words when there is an entry.
  public func requireNoError(after command: String) async throws(InstrumentError) {
    let errors = try await drainErrors()
    guard !errors.isEmpty else { return }
    throw InstrumentError(
      .refused, instrument: instrument,
      message: "'\(command)' was refused: " + errors.map(\.description).joined(separator: "; "))
  }

  /// Asks for the event bits since `*CLS`, which every driver sends when it opens: *power on* among them means that
  /// everything set since is lost. Source: IEEE 488.2, standard event status register, bit 7.
  public func requireNoRestart() async throws(InstrumentError) {
    guard try await queryInteger("*ESR?") & 128 == 0 else {
      throw InstrumentError(
        .notConfirmed, instrument: instrument,
        message: "it started anew since it was opened: what was set is lost, its outputs were off",
        advice: "check its supply")
    }
  }

  /// Writes, then reads the error queue (where there is one).
  public func writeChecked(_ command: String) async throws(InstrumentError) {
    try await write(command)
    try await requireNoError(after: command)
  }

  /// Asks for a setting and compares.
  /// - Parameter tolerance: Half a step of the instrument's resolution, at least.
  /// - Throws: `.notConfirmed` naming both values.
  public func confirm(_ command: String, equals expected: Double, tolerance: Double, suffix: String = "")
    async throws(InstrumentError)
  {
    let found = try await queryNumber(command, suffix: suffix)
    guard (found - expected).magnitude <= tolerance else {
      throw InstrumentError(
        .notConfirmed, instrument: instrument,
        message: "'\(command)' reads back \(found), \(expected) was set",
        advice: "the instrument limited or ignored the setting; check its range and the front panel")
    }
  }
}
