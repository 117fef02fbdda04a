import Capabilities
import Ports

/// One connection with a unit of the Enerkey family: identity, settings, live values, proven writes.
///
/// Reading is repeated under one visible policy (`Timing`, counted in `statistics`); a write is sent once, and only
/// reading the settings again proves it. Nothing here retries a write, reconnects or hides a gap. Not for use by
/// two tasks at once. Passwords appear in no description and, unless asked for, not in the traffic shown to
/// `onBytes`.
///
/// - Source: BLE protocol notes sections 3 to 7.
public final class BMSSession {
  private let port: any GATTPort
  private let world: any World
  public let timing: Timing
  private let trafficShowsPassword: Bool

  private var intake = SessionIntake()
  private var opened = false
  private var sending = SendingCounts()

  private struct SendingCounts {
    var readsRepeated = 0
    var writes = 0
    var acknowledgesMissed = 0
  }

  /// Sees every chunk in both directions, with the clock's reading; notifications carry their arrival.
  public var onBytes: ((Direction, [UInt8], WorldInstant) -> Void)?

  /// - Parameters:
  ///   - port: A connected and subscribed characteristic FFE1.
  ///   - trafficShowsPassword: When false, `onBytes` sees `*` in place of the password's bytes.
  public init(
    port: any GATTPort, world: any World, timing: Timing = Timing(), trafficShowsPassword: Bool = false
  ) {
    precondition(timing.readAttempts >= 1, "a read must be asked at least once")
    self.port = port
    self.world = world
    self.timing = timing
    self.trafficShowsPassword = trafficShowsPassword
  }

  public var peripheral: String { port.peripheral }
  /// The connection below still stands.
  public var isLinkUp: Bool { port.isConnected }

  /// What the last device info and the last live values say of the unit's running; nil before both came.
  var running: UnitRunning? {
    guard let info = intake.deviceInfo, let frame = intake.cellInfo, let version,
      let live = CellInfo(decoding: frame.bytes, version: version)
    else { return nil }
    return UnitRunning(
      address: peripheral, powerOnCount: info.powerOnCount, uptimeSeconds: live.uptimeSeconds, at: frame.at)
  }

  public var statistics: Statistics {
    var all = intake.statistics
    all.readsRepeated = sending.readsRepeated
    all.writes = sending.writes
    all.acknowledgesMissed = sending.acknowledgesMissed
    return all
  }

  /// Frames with a right checksum, oldest first; the last 64.
  public var recentFrames: [ReceivedFrame] { intake.recentFrames }

  /// Nil until the settings were read. Their length decides.
  public var version: ProtocolVersion? { intake.version }

  /// What does not fit together in what the unit says of itself; nil when all does.
  public var anomaly: String? { intake.anomaly }

  public var writesAllowed: Bool { opened && anomaly == nil && version != nil }

  // MARK: - Reading

  /// Asks for device info and settings, then waits for the first live values. Changes nothing on the unit.
  /// - Throws: `BMSLinkError` `.noAnswer` at the deadline or after the last repetition, `.linkLost`, `.stopped`.
  public func open(deadline: WorldInstant) async throws(BMSLinkError) {
    opened = false
    intake.forgetUnit()
    _ = try await deviceInfo(deadline: deadline)
    _ = try await askSettings(deadline: deadline)
    // The stream begins by itself after the settings; the request does no harm and is what every client sends.
    _ = try await ask(.cellInfo, for: "receive the first cell info", deadline: deadline) { $0.cellInfo }
    opened = true
  }

  /// Asks the unit who it is.
  public func deviceInfo(deadline: WorldInstant) async throws(BMSLinkError) -> DeviceInfo {
    intake.deviceInfo = nil
    return try await ask(.deviceInfo, for: "read the device info", deadline: deadline) { $0.deviceInfo }
  }

  /// Asks the unit for its settings; never answers from memory.
  public func readSettings(deadline: WorldInstant) async throws(BMSLinkError) -> Settings {
    try requireOpen("read the settings")
    return try await askSettings(deadline: deadline)
  }

  /// The first cell info frame whose first byte came after an instant.
  ///
  /// Values may still be up to 5 s old: while balancing, the unit repeats its last measurement (BLE protocol notes
  /// section 4.3). The counter proves only that the link lives.
  /// - Parameter instant: Nil means now.
  /// - Throws: `BMSLinkError.noAnswer` at the deadline, or when the unit stays silent although asked again; never
  ///   gives an old frame.
  public func nextCellInfo(after instant: WorldInstant?, deadline: WorldInstant)
    async throws(BMSLinkError) -> ReceivedCellInfo
  {
    let attempted = "receive live values"
    try requireOpen(attempted)
    let border = instant ?? world.now
    var asked = world.now
    var attempt = 1
    while true {
      let heard = max(asked, intake.cellInfo?.at ?? asked)
      let until = min(deadline, heard + timing.askAgainAfter)
      let found = try await wait(until: until, for: attempted) { intake in
        intake.cellInfo.flatMap { $0.startedAt > border ? $0 : nil }
      }
      if let found { return try liveValues(found, attempted) }
      if world.now >= deadline { throw noAnswer(attempted) }
      if let last = intake.cellInfo?.at, last > heard {
        attempt = 1
        continue
      }
      guard attempt < timing.readAttempts else { throw noAnswer(attempted) }
      attempt += 1
      sending.readsRepeated += 1
      asked = world.now
      try await send(.read(.cellInfo), for: attempted, deadline: deadline)
    }
  }

  private func liveValues(_ frame: ReceivedFrame, _ attempted: String)
    throws(BMSLinkError) -> ReceivedCellInfo
  {
    guard let version, let info = CellInfo(decoding: frame.bytes, version: version) else {
      throw failure(
        .notOpen, attempted, "the unit names another identity than when the session was opened",
        "Open the session again")
    }
    return ReceivedCellInfo(cellInfo: info, startedAt: frame.startedAt, at: frame.at)
  }

  /// Ends the connection.
  public func close() {
    port.disconnect()
    linkEnded()
  }

  // MARK: - Writing

  /// Writes one register once and proves it: request, acknowledge, settings read again and compared.
  ///
  /// - Parameter probing: The value may lie beyond the register's range, so that the unit's refusal can be tried.
  /// - Effect: Changes the unit's parameter memory; a protection setting takes effect at once.
  /// - Returns: Also when nothing was acknowledged or the value did not change: look at `proven`.
  /// - Throws: Before any byte is sent: `.notOpen`, `.writesBlocked`, `.registerRefused`, `.registerUnsupported`.
  ///   After the write, errors of the link; the unit's state is then unknown.
  public func write(
    _ register: SettingsRegister, value: RegisterValue, probing: Bool = false, deadline: WorldInstant
  ) async throws(BMSLinkError) -> WriteProof {
    let attempted = "write \(value) to \(register)"
    let request = try permit(register, value, probing: probing, attempted: attempted)
    let before = try await shown(register, deadline: deadline)
    // An answer still under way would show the settings as they were before the write.
    if intake.answersOwed > 0 {
      let settled = min(deadline, world.now + timing.askAgainAfter)
      _ = try await wait(until: settled, for: attempted) { $0.answersOwed == 0 ? true : nil }
      intake.answersOwed = 0
    }
    let sentAt = world.now
    try await send(request, for: attempted, deadline: deadline)
    sending.writes += 1
    let acknowledged = try await wait(until: min(deadline, sentAt + timing.acknowledgeWait), for: attempted) {
      $0.acknowledge(of: request, after: sentAt)
    }
    if acknowledged == nil { sending.acknowledgesMissed += 1 }
    let readBack = try await shown(register, deadline: deadline)
    return WriteProof(
      register: register, requested: value, before: before, acknowledged: acknowledged != nil,
      readBack: readBack, slotSettled: version.flatMap { register.slot(in: $0) }?.settled ?? true,
      at: world.now)
  }

  /// Asks for another app password. The journal never shows it.
  ///
  /// - Returns: Whether it was acknowledged.
  /// - Throws: `.registerRefused` for a catalogued register and for a text that is no password; nothing was sent then.
  public func writePassword(_ text: String, register: UInt8, deadline: WorldInstant)
    async throws(BMSLinkError) -> Bool
  {
    let attempted = "change the password"
    try requireOpen(attempted)
    if let anomaly {
      throw failure(.writesBlocked, attempted, anomaly, "Identify the unit before anything is written to it")
    }
    guard let request = Request.password(text, register: register) else {
      throw failure(
        .registerRefused, attempted,
        "register 05/\(HexText.packed([register])) is a known one, or no password fits",
        "Name the register that a recording of the vendor's app shows")
    }
    let sentAt = world.now
    try await send(request, for: attempted, hidden: true, deadline: deadline)
    sending.writes += 1
    let heard = try await wait(until: min(deadline, sentAt + timing.acknowledgeWait), for: attempted) {
      $0.acknowledge(of: request, after: sentAt)
    }
    if heard == nil { sending.acknowledgesMissed += 1 }
    return heard != nil
  }

  private func permit(
    _ register: SettingsRegister, _ value: RegisterValue, probing: Bool, attempted: String
  ) throws(BMSLinkError) -> Request {
    let request: Request
    do {
      request =
        probing ? try Request.probe(register, value: value) : try Request.write(register, value: value)
    } catch {
      throw failure(.registerRefused, attempted, error.message, "Write a value that the register takes")
    }
    try requireOpen(attempted)
    if let anomaly {
      throw failure(.writesBlocked, attempted, anomaly, "Identify the unit before anything is written to it")
    }
    if register.command == .writeProtection, version == .v1 {
      throw failure(
        .registerUnsupported, attempted, "the unit speaks protocol v1, which has no such register",
        "Check that the right unit sits in the fixture")
    }
    return request
  }

  /// What the unit shows for a register now. The Bluetooth name stands in the device info.
  private func shown(_ register: SettingsRegister, deadline: WorldInstant)
    async throws(BMSLinkError) -> RegisterValue?
  {
    if register == .bluetoothName { return .text(try await deviceInfo(deadline: deadline).bluetoothName) }
    return try await askSettings(deadline: deadline).value(of: register)
  }

  // MARK: - Asking and waiting

  private func requireOpen(_ attempted: String) throws(BMSLinkError) {
    guard opened else {
      throw failure(.notOpen, attempted, "the session is not open", "Open the session first")
    }
  }

  private func askSettings(deadline: WorldInstant) async throws(BMSLinkError) -> Settings {
    intake.settings = nil
    return try await ask(.settings, for: "read the settings", deadline: deadline) { $0.settings }
  }

  /// Asks, and asks again after `askAgainAfter` without the answer, `readAttempts` times in all.
  private func ask<Answer>(
    _ command: Command, for attempted: String, deadline: WorldInstant, answer: (SessionIntake) -> Answer?
  ) async throws(BMSLinkError) -> Answer {
    for attempt in 1...timing.readAttempts {
      if attempt > 1 { sending.readsRepeated += 1 }
      try await send(.read(command), for: attempted, deadline: deadline)
      let until = min(deadline, world.now + timing.askAgainAfter)
      if let found = try await wait(until: until, for: attempted, answer: answer) { return found }
      if world.now >= deadline { break }
    }
    throw noAnswer(attempted)
  }

  /// Takes notifications until the answer is there (first look included) or the time is over (nil).
  private func wait<Answer>(
    until limit: WorldInstant, for attempted: String, answer: (SessionIntake) -> Answer?
  ) async throws(BMSLinkError) -> Answer? {
    while true {
      if let found = answer(intake) { return found }
      let give = min(limit, intake.pendingExpires ?? limit)
      do {
        let notification = try await port.notification(deadline: give)
        let shown = intake.take(notification, hidingPassword: !trafficShowsPassword)
        onBytes?(.received, shown, notification.at)
      } catch {
        guard error.code == .deadline else { throw portFailure(error, attempted) }
        // Counting from `give` ends the loop even if the port's clock is a hair behind.
        intake.expire(at: max(world.now, give))
        if give == limit { return answer(intake) }
      }
    }
  }

  private func send(_ request: Request, for attempted: String, hidden: Bool = false, deadline: WorldInstant)
    async throws(BMSLinkError)
  {
    guard port.isConnected else {
      linkEnded()
      throw failure(.linkLost, attempted, "the connection has ended", "Connect again and open a new session")
    }
    intake.noteSent(request)
    onBytes?(.sent, hidden ? request.maskedBytes : request.bytes, world.now)
    do {
      try await port.write(request.bytes, deadline: deadline)
    } catch {
      throw portFailure(error, attempted)
    }
  }

  private func portFailure(_ error: PortError, _ attempted: String) -> BMSLinkError {
    if error.code == .closed || !port.isConnected { linkEnded() }
    return BMSLinkError(error, attempted: attempted, peripheral: peripheral)
  }

  private func noAnswer(_ attempted: String) -> BMSLinkError {
    failure(
      .noAnswer, attempted,
      "nothing fitting came; in this session \(statistics.frames) good frames, "
        + "\(statistics.checksumErrors) damaged, \(statistics.readsRepeated) requests repeated",
      "Check the unit's supply and distance and that no phone is connected to it")
  }

  private func failure(_ code: BMSLinkError.Code, _ attempted: String, _ cause: String, _ advice: String)
    -> BMSLinkError
  {
    BMSLinkError(code, attempted: attempted, peripheral: peripheral, cause: cause, advice: advice)
  }

  private func linkEnded() {
    opened = false
    intake.linkEnded()
  }
}
