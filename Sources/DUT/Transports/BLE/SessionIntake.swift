import Ports

/// The receiving half of a session, without input or output of its own: notifications in, state out.
struct SessionIntake {
  static let recentFramesMax = 64

  private var parser = FrameParser()
  private var mask = PasswordMask()
  private var evidence = ProtocolVersionEvidence()
  private var lastArrival: WorldInstant?
  private var counter: Int?
  private var implausible: String?

  private(set) var statistics = BMSSession.Statistics()
  private(set) var recentFrames: [BMSSession.ReceivedFrame] = []
  /// The last ones received since they were set to nil.
  var deviceInfo: DeviceInfo?
  var settings: Settings?
  private(set) var cellInfo: BMSSession.ReceivedFrame?
  /// Device info and settings that were asked for and have not come: a late one must not pass for a fresh one.
  var answersOwed = 0

  var version: ProtocolVersion? { evidence.bySettings }
  var anomaly: String? { evidence.anomaly ?? implausible }
  var pendingExpires: WorldInstant? { parser.pendingExpires }

  /// What was learnt about the unit no longer counts; statistics go on.
  mutating func forgetUnit() {
    evidence = ProtocolVersionEvidence()
    deviceInfo = nil
    settings = nil
    cellInfo = nil
    counter = nil
    implausible = nil
  }

  mutating func linkEnded() {
    parser.reset()
    mask.reset()
    answersOwed = 0
  }

  mutating func noteSent(_ request: Request) {
    if request.command == Command.settings.rawValue || request.command == Command.deviceInfo.rawValue {
      answersOwed += 1
    }
  }

  /// - Returns: The bytes as an observer may see them.
  mutating func take(_ notification: Notification, hidingPassword: Bool) -> [UInt8] {
    if let lastArrival {
      statistics.silenceMax = max(statistics.silenceMax, notification.at - lastArrival)
    }
    lastArrival = notification.at
    handle(parser.feed(notification.bytes, at: notification.at))
    let masked = mask.masked(notification.bytes)
    return hidingPassword ? masked : notification.bytes
  }

  mutating func expire(at now: WorldInstant) { handle(parser.expire(at: now)) }

  /// The answer to a write, among the frames that began after an instant.
  func acknowledge(of request: Request, after instant: WorldInstant) -> Acknowledge? {
    recentFrames.lazy.reversed().prefix { $0.startedAt >= instant }
      .compactMap { Acknowledge(decoding: $0.bytes) }
      .first {
        $0.function == Int(request.function) && $0.command == Int(request.command)
          && $0.register == Int(request.register)
      }
  }

  private mutating func handle(_ items: [ParsedItem]) {
    for item in items {
      switch item {
      case .junk(let count): statistics.junkBytes += count
      case .frame(let frame) where !frame.checksumOK: statistics.checksumErrors += 1
      case .frame(let frame): accept(frame)
      }
    }
    statistics.resynchronisations = parser.resynchronisations
  }

  private mutating func accept(_ frame: ParsedFrame) {
    statistics.frames += 1
    let kept = BMSSession.ReceivedFrame(
      bytes: frame.bytes, startedAt: frame.startedAt, at: frame.completedAt)
    recentFrames.append(kept)
    if recentFrames.count > Self.recentFramesMax { recentFrames.removeFirst() }

    if let info = DeviceInfo(decoding: frame.bytes) {
      evidence.note(info)
      deviceInfo = info
      answersOwed = max(0, answersOwed - 1)
    } else if let settings = Settings(decoding: frame.bytes) {
      evidence.note(settings)
      self.settings = settings
      answersOwed = max(0, answersOwed - 1)
    } else if let info = CellInfo(decoding: frame.bytes, version: version ?? .v2) {
      count(info.frameCounter)
      cellInfo = kept
      judge(frame.bytes)
    }
  }

  /// The counter steps by one; some firmware leaves out FF.
  private mutating func count(_ next: Int) {
    if let last = counter, !(last == 0xFE && next == 0) {
      let step = (next - last) & 0xFF
      if step != 1 {
        statistics.counterGaps += 1
        statistics.framesMissed += max(0, step - 1)
      }
    }
    counter = next
  }

  /// Live values that only the other generation can explain are an anomaly even when model and length agree.
  private mutating func judge(_ bytes: [UInt8]) {
    guard let version else { return }
    let plausible = CellInfo.plausibleVersions(of: bytes)
    if plausible.count == 1, plausible[0] != version {
      implausible =
        "the settings tell protocol \(version.rawValue), but the live values make sense only as "
        + plausible[0].rawValue
    }
  }
}
