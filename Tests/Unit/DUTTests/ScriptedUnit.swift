import DUT
import Ports

/// A unit for session tests: answers requests on a clock of its own that only moves while somebody waits.
final class ScriptedUnit: GATTPort, World {
  // MARK: Clock and world

  private(set) var now = WorldInstant.start
  let calendarStart = "2026-01-01T00:00:00Z"
  var holdStops = false
  var stopRequested: String?

  func sleep(until instant: WorldInstant) async throws { now = max(now, instant) }

  private func noPort() -> PortError {
    PortError(.unsupported, attempted: "open a port", port: "scripted", cause: "this world has one unit only")
  }
  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    throw noPort()
  }
  func openMessages(_ address: PortAddress, deadline: WorldInstant)
    async throws(PortError) -> any MessagePort
  { throw noPort() }
  func openLines(_ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant)
    async throws(PortError) -> any LinePort
  { throw noPort() }
  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    throw noPort()
  }

  // MARK: What the unit is and how it misbehaves

  var info = DeviceInfo(decoding: CaptureFile.named("ek-b24s8e200a-sw2.0.0-device-info").bytes)!
  var settings = Settings(decoding: CaptureFile.named("ek-b24s8e200a-sw2.0.0-settings").bytes)!
  var cells = CellInfo(decoding: CaptureFile.named("ek-b24s8e200a-sw2.0.0-cell-info").bytes, version: .v2)!
  /// Bytes per notification.
  var chunk = 20
  /// Requests of a command that stay without answer, counted down.
  var deaf: [UInt8: Int] = [:]
  var acknowledges = true
  var takesWrites = true
  var streams = true
  /// The connection ends here.
  var linkEnds = WorldInstant.distantFuture
  /// What goes out in place of the next cell info frame.
  var nextFrames: [[UInt8]] = []
  /// Extra delay of the next settings answer.
  var settingsDelay = Interval.zero

  private(set) var requests: [Request] = []
  func requests(_ command: Command) -> Int { requests.count { $0.command == command.rawValue } }

  // MARK: The link

  let peripheral = "3C:A5:51:00:00:01"
  var isConnected: Bool { now < linkEnds }
  private var queue: [Notification] = []
  private var nextStreamAt: WorldInstant?

  func write(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    guard isConnected else { throw closed("write") }
    guard let request = Request(decoding: bytes), request.checksumRule != nil else { return }
    requests.append(request)
    if let left = deaf[request.command], left > 0 {
      deaf[request.command] = left - 1
      return
    }
    switch Command(rawValue: request.command) {
    case .deviceInfo: send(info.encoded(), after: .milliseconds(50))
    case .settings:
      send(settings.encoded(), after: .milliseconds(50) + settingsDelay)
      settingsDelay = .zero
      if streams, nextStreamAt == nil { nextStreamAt = now + .milliseconds(200) }
    case .cellInfo, .factoryDefaults, nil: break
    case .writeLegacy, .writeProtection: obey(request)
    }
  }

  private func obey(_ request: Request) {
    if acknowledges { send(Acknowledge(to: request).encoded(), after: .milliseconds(25)) }
    guard takesWrites,
      let register = SettingsRegister.find(command: request.command, number: request.register)
    else { return }
    if register == .bluetoothName {
      info.bluetoothName = request.textValue
    } else {
      _ = settings.set(register, to: register.value(in: request))
    }
  }

  func send(_ bytes: [UInt8], after delay: Interval) {
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      let piece = Array(bytes[start..<min(bytes.count, start + chunk)])
      queue.append(Notification(bytes: piece, at: now + delay))
    }
  }

  /// Puts the next cell info frame into the queue when nothing else comes before it.
  private func stream(until limit: WorldInstant) {
    guard let at = nextStreamAt, at <= limit, streams, queue.allSatisfy({ $0.at > at }) else { return }
    cells.frameCounter = (cells.frameCounter + 1) % 255
    let bytes = nextFrames.isEmpty ? cells.encoded() : nextFrames.removeFirst()
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      queue.append(
        Notification(bytes: Array(bytes[start..<min(bytes.count, start + chunk)]), at: max(at, now)))
    }
    nextStreamAt = max(at, now) + .milliseconds(512)
  }

  func notification(deadline: WorldInstant) async throws(PortError) -> Notification {
    stream(until: max(deadline, now))
    // Frames do not interleave: what was queued first for an instant goes first.
    let first = queue.indices.min { (queue[$0].at, $0) < (queue[$1].at, $1) }
    if let first, queue[first].at <= max(deadline, now), queue[first].at < linkEnds {
      let notification = queue.remove(at: first)
      now = max(now, notification.at)
      return notification
    }
    if linkEnds <= deadline {
      now = max(now, linkEnds)
      throw closed("wait for a notification")
    }
    now = max(now, deadline)
    throw PortError(.deadline, attempted: "wait for a notification", port: peripheral)
  }

  private func closed(_ attempted: String) -> PortError {
    PortError(.closed, attempted: attempted, port: peripheral, cause: "the unit is gone")
  }

  func disconnect() { linkEnds = min(linkEnds, now) }
}
