/// What can go wrong with a rig, its links, its disk, the people around it and the unit in the middle of a run.
public enum FaultKind: String, Hashable, Sendable, Codable, CaseIterable {
  case lostCommand = "lost-command"
  case droppedReply = "dropped-reply"
  case lateReply = "late-reply"
  case duplicatedReply = "duplicated-reply"
  case garbledReply = "garbled-reply"
  case splitReply = "split-reply"
  case partialReply = "partial-reply"
  /// The connection ends and stays away.
  case linkClosed = "link-closed"
  case frozenReading = "frozen-reading"
  case driftingReading = "drifting-reading"
  /// Supply gone and back: settings lost, outputs off. The connection ends with it.
  case reboot
  /// The same where the connection outlives it, as with a converter that has its own supply.
  case brownOut = "brown-out"
  /// The source's inhibit input is pulled for a time; then its output comes back by itself.
  case inhibit
  /// A relay stays as it is.
  case stuckRelay = "stuck-relay"
  /// A closed relay stays closed.
  case weldedRelay = "welded-relay"
  case slowRelay = "slow-relay"
  case radioLost = "radio-lost"
  case radioSilent = "radio-silent"
  case radioGarbled = "radio-garbled"
  case busLost = "bus-lost"
  case unitReboot = "unit-reboot"
  case telemetryFreeze = "telemetry-freeze"
  /// No room for the next event, and so for none that follows it.
  case diskFull = "disk-full"
  /// The disk refuses the next event. A run writes nothing behind a gap, so that it ends as with a full disk; what it
  /// tells the person is another thing.
  case journalWrite = "journal-write"
  /// Pressed: it takes the contactors with it, as the rig's safety relay does.
  case emergencyStop = "emergency-stop"
  case coverOpened = "cover-opened"
  case operatorStop = "operator-stop"
  /// The process that watches the run ends.
  case guardDeath = "guard-death"

  /// The unit's own fault, which may fail it. Damaged notifications are the unit's, too: what the air damages, the
  /// checksum of the radio's own packets keeps away from us.
  public var isUnits: Bool { [.unitReboot, .telemetryFreeze, .radioGarbled].contains(self) }
  /// Frames are lost or damaged by it.
  public var isRadios: Bool { [.radioLost, .radioSilent, .radioGarbled].contains(self) }
  /// Somebody's wish that the run end.
  public var isStop: Bool { [.emergencyStop, .coverOpened, .operatorStop].contains(self) }
  /// The journal is cut short by it.
  public var isDisks: Bool { self == .diskFull || self == .journalWrite }
}

/// One fault of a scenario.
public struct PlannedFault: Hashable, Sendable, Codable, CustomStringConvertible {
  public var kind: FaultKind
  /// Instrument, link or relay; empty where there is only one.
  public var target: String
  /// World time of its beginning, seconds.
  public var from: Double
  /// How long it lasts, seconds.
  public var seconds: Double
  /// Seconds of a late reply, a split or a slow relay; part per second of a drift; else 0.
  public var amount: Double
  /// Exchanges that it spoils at most; nil: all while it lasts.
  public var exchanges: Int?

  public init(
    kind: FaultKind, target: String = "", from: Double, seconds: Double = 0, amount: Double = 0,
    exchanges: Int? = nil
  ) {
    self.kind = kind
    self.target = target
    self.from = from
    self.seconds = seconds
    self.amount = amount
    self.exchanges = exchanges
  }

  public var description: String {
    var text = kind.rawValue + (target.isEmpty ? "" : " \(target)") + " at \(Self.short(from)) s"
    if seconds > 0 { text += " for \(Self.short(seconds)) s" }
    if amount != 0 { text += ", amount \(Self.short(amount))" }
    if let exchanges { text += ", \(exchanges) exchange\(exchanges == 1 ? "" : "s")" }
    return text
  }

  private static func short(_ value: Double) -> String {
    let scale = value.magnitude < 0.1 ? 1e6 : 1e3
    return "\((value * scale).rounded() / scale)"
  }
}
