import Capabilities
import Ports
import Quantities

/// The unit's link as steps see it: while the unit is about to be asked, the rig's own instruments have nothing to do,
/// so live limits that are due are sampled first. What the unit reports of its temperatures is a sample as well.
///
/// A frame that arrives meanwhile is not lost: the link keeps what it receives with the instant of its arrival. Frames
/// that a live limit took from the link before a step asked are kept here for the step.
final class WatchedUnit: UnitConnection {
  private struct Kept {
    let frame: UnitTelemetry
    /// Its first byte came after this.
    let border: WorldInstant
  }

  private let base: any UnitConnection
  private let watch: LiveWatch
  /// The unit sends a frame by itself about every so often.
  static let framePeriod = Interval.milliseconds(510)
  private var lastFrame: WorldInstant?
  /// Oldest first, at most `keptMax`: half a minute of them.
  private var kept: [Kept] = []
  private static let keptMax = 64

  init(_ base: any UnitConnection, _ watch: LiveWatch) {
    self.base = base
    self.watch = watch
    watch.unit = self
  }

  /// Connected, as far as anybody has noticed.
  var isHeard: Bool { base.isConnected && !base.hasLostLink }

  /// Takes what has arrived over the link. Waits for nothing; a link that is lost is left to the step to find.
  func hear() async {
    let now = watch.world.now
    for _ in 0..<Self.keptMax {
      let border = lastFrame ?? now - Self.framePeriod
      guard let frame = try? await base.telemetry(after: border, deadline: now) else { return }
      if kept.count == Self.keptMax { kept.removeFirst() }
      kept.append(Kept(frame: frame, border: border))
      lastFrame = frame.at
      watch.notice(frame)
    }
  }

  /// The first of the kept frames that a step may take for new.
  private func takeKept(after instant: WorldInstant) -> UnitTelemetry? {
    guard let index = kept.firstIndex(where: { $0.border >= instant }) else {
      kept = []
      return nil
    }
    kept.removeFirst(index)
    return kept[0].frame
  }

  /// - Parameter idle: How long the unit will keep the step waiting anyway; an exchange that it answers at once is
  ///   delayed by what is overdue, and by nothing else.
  private func sample(_ attempted: String, idle: Interval = .zero) async throws(UnitLinkError) {
    do { try await watch.sampleIdle(before: watch.world.now + idle) } catch {
      if !(error is WorldStopped) { watch.fault = error }
      let words = (error as? WorldStopped)?.reason ?? "\(error)"
      throw UnitLinkError(.stopped, attempted: attempted, cause: words)
    }
  }

  /// When the next frame may be expected, from the last one's arrival.
  private var untilNextFrame: Interval {
    guard let lastFrame else { return .zero }
    let periods = ((watch.world.now - lastFrame).seconds / Self.framePeriod.seconds).rounded(.up)
    return lastFrame + Self.framePeriod * max(1, periods) - watch.world.now
  }

  var isConnected: Bool { base.isConnected }
  var hasLostLink: Bool { base.hasLostLink }
  var running: UnitRunning? { base.running }
  var canChangePassword: Bool { base.canChangePassword }
  var passwordIsChanged: Bool { base.passwordIsChanged }
  var statistics: UnitLinkStatistics { base.statistics }
  func mayWrite(_ name: String, value: Double) -> Bool { base.mayWrite(name, value: value) }
  func dimension(ofSetting name: String) -> Dimension? { base.dimension(ofSetting: name) }
  func disconnect() async {
    forget()
    await base.disconnect()
  }
  private func forget() {
    kept = []
    lastFrame = nil
  }

  func discover(deadline: WorldInstant) async throws(UnitLinkError) -> Advertisement {
    // How soon it advertises is timed from now on.
    try await base.discover(deadline: deadline)
  }
  func connect(deadline: WorldInstant) async throws(UnitLinkError) {
    forget()
    try await base.connect(deadline: deadline)
    watch.noteConnected()
  }

  func description(deadline: WorldInstant) async throws(UnitLinkError) -> UnitDescription {
    try await sample("read the identity")
    return try await base.description(deadline: deadline)
  }
  func settings(deadline: WorldInstant) async throws(UnitLinkError) -> UnitSettings {
    try await sample("read the settings")
    return try await base.settings(deadline: deadline)
  }
  func telemetry(after instant: WorldInstant, deadline: WorldInstant) async throws(UnitLinkError)
    -> UnitTelemetry
  {
    let isKept = kept.contains { $0.border >= instant }
    try await sample("read telemetry", idle: isKept ? .zero : untilNextFrame)
    if let frame = takeKept(after: instant) { return frame }
    let frame = try await base.telemetry(after: instant, deadline: deadline)
    lastFrame = frame.at
    watch.notice(frame)
    return frame
  }
  func write(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  {
    try await sample("write '\(name)'")
    return try await base.write(name, value: value, deadline: deadline)
  }
  func probe(_ name: String, value: Double, deadline: WorldInstant) async throws(UnitLinkError)
    -> SettingProof
  {
    try await sample("probe '\(name)'")
    return try await base.probe(name, value: value, deadline: deadline)
  }
  func password(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordState {
    try await sample("read the password field")
    return try await base.password(deadline: deadline)
  }
  func changePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool {
    try await sample("change the password")
    return try await base.changePassword(deadline: deadline)
  }
  func matchPassword(deadline: WorldInstant) async throws(UnitLinkError) -> PasswordMatch {
    try await sample("compare the password")
    return try await base.matchPassword(deadline: deadline)
  }
  func restorePassword(deadline: WorldInstant) async throws(UnitLinkError) -> Bool {
    try await sample("restore the password")
    return try await base.restorePassword(deadline: deadline)
  }
}
