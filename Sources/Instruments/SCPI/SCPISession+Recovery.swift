import Capabilities
import Ports

/// Who is there, and the way back from a desynchronised session.
extension SCPISession {
  /// As below, for the model of a plate.
  public func identify(_ plate: ModelPlate, serial: String) async throws(InstrumentError) -> Identity {
    try await identify(
      maker: plate.maker, models: plate.models, serial: plate.reportsSerial ? serial : nil)
  }

  /// Asks `*IDN?` and compares it with what the rig file says. Also the way out of *desynchronised*.
  ///
  /// - Parameters:
  ///   - maker: Must occur in the first field, ignoring case.
  ///   - models: One must begin the second field, ignoring case.
  ///   - serial: Must equal the third field; nil where the model's reply carries none.
  /// - Throws: `.wrongModel`, `.wrongSerial`, `.malformedReply`, `.link`.
  public func identify(maker: String, models: [String], serial: String?)
    async throws(InstrumentError) -> Identity
  {
    if case .desynchronised = state { try await resynchronise() }
    if case .stream = link, state == .ready {
      // A serial line may still hold the tail of an earlier program's conversation.
      try await peek()
      buffer = []
    }
    let text = try await query("*IDN?")
    let fields = Self.fields(text)
    guard fields.count >= 4 else {
      throw malformed("'\(text)' is not an identity of four fields", bytes: [])
    }
    let found = Identity(
      maker: fields[0], model: fields[1], serial: fields[2],
      firmware: fields[3...].joined(separator: ","))
    let modelMatches = models.contains { found.model.lowercased().hasPrefix($0.lowercased()) }
    guard found.maker.lowercased().contains(maker.lowercased()), modelMatches else {
      throw InstrumentError(
        .wrongModel, instrument: instrument,
        message: "found \(found.maker) \(found.model) at \(link.address), expected \(maker) \(models[0])",
        advice: "check the address in the rig file and what is plugged in where")
    }
    if let serial, serial != found.serial {
      throw InstrumentError(
        .wrongSerial, instrument: instrument,
        message: "found serial number \(found.serial), the rig file says \(serial)",
        advice: "if the instrument was exchanged on purpose, update serial and calibration in the rig file")
    }
    identityText = text
    return found
  }

  /// Proves that the next reply belongs to the next question: silence, then the one reply that cannot be
  /// mistaken for a measurement, then silence again. At most `resyncAttempts` times.
  /// - Throws: `.desynchronised` when it cannot be proved; `.link`.
  public func resynchronise() async throws(InstrumentError) {
    if case .dead(let why) = state {
      throw InstrumentError(.link, instrument: instrument, message: "the link is gone: \(why)")
    }
    for _ in 1...Self.resyncAttempts {
      try await drain()
      let answer: String
      do { answer = try await exchange("*IDN?", deadline: dialect.queryDeadline) } catch {
        if case .dead = state { throw error }
        continue
      }
      let isIdentity = identityText.map { $0 == answer } ?? (Self.fields(answer).count >= 4)
      if isIdentity, try await isSilent() {
        state = .ready
        return
      }
    }
    throw desynchronise(
      "question and answer could not be matched again in \(Self.resyncAttempts) attempts",
      code: .desynchronised)
  }

  static let resyncAttempts = 3

  private func isSilent() async throws(InstrumentError) -> Bool {
    guard case .stream = link else { return true }
    guard buffer.isEmpty else { return false }
    do {
      _ = try await link.receive(deadline: world.now + dialect.quiet)
      return false
    } catch {
      if error.code == .deadline { return true }
      throw linkError(error, command: "listen for silence")
    }
  }

  static func fields(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { SCPIText.trimmed($0) }
  }
}
