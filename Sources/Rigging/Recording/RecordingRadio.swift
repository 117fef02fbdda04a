import Ports
import Simulation

/// The world as the unit's links see it: what a radio hears, connections and their ends, and errors reach the journal.
/// The bytes of the unit are recorded above, where the password can be masked.
final class UnitLinkWorld: World {
  private let base: any World
  private let radio: RadioTap
  private let bus: TrafficTap

  init(_ base: any World, radio: RadioTap, bus: TrafficTap) {
    self.base = base
    self.radio = radio
    self.bus = bus
  }

  var now: WorldInstant { base.now }
  var calendarStart: String { base.calendarStart }
  var holdStops: Bool {
    get { base.holdStops }
    set { base.holdStops = newValue }
  }
  var stopRequested: String? { base.stopRequested }
  func sleep(until instant: WorldInstant) async throws { try await base.sleep(until: instant) }

  func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any StreamPort {
    try await base.openStream(address, deadline: deadline)
  }
  func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any MessagePort
  {
    try await base.openMessages(address, deadline: deadline)
  }
  func openLines(
    _ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant
  ) async throws(PortError) -> any LinePort {
    try await base.openLines(address, configuration: configuration, deadline: deadline)
  }

  func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any RadioPort {
    do throws(PortError) {
      return RecordingRadio(try await base.openRadio(address, deadline: deadline), tap: radio)
    } catch {
      radio.problems.note(error, outgoing: true)
      throw error
    }
  }

  func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
    do throws(PortError) {
      return RecordingBus(try await base.openCAN(address, deadline: deadline), tap: bus)
    } catch {
      bus.note(error, outgoing: true)
      throw error
    }
  }
}

/// Where the words of a radio go.
struct RadioTap {
  /// - Parameter at: When it came, where that was not just now.
  let word: (_ outgoing: Bool, _ word: String, _ at: WorldInstant) -> Void
  let problems: TrafficTap
  let now: () -> WorldInstant
}

final class RecordingRadio: RadioPort {
  private let base: any RadioPort
  private let tap: RadioTap

  init(_ base: any RadioPort, tap: RadioTap) {
    self.base = base
    self.tap = tap
  }

  var address: PortAddress { base.address }

  func scan(deadline: WorldInstant) async throws(PortError) -> Advertisement {
    let isLook = deadline <= tap.now()
    do throws(PortError) {
      let heard = try await base.scan(deadline: deadline)
      tap.word(false, PlayedWord.heard(heard), heard.at)
      return heard
    } catch {
      tap.problems.note(error, outgoing: false, isLook: isLook)
      throw error
    }
  }

  func connect(to peripheral: String, service: String, characteristic: String, deadline: WorldInstant)
    async throws(PortError) -> any GATTPort
  {
    tap.word(true, "connect \(peripheral)", tap.now())
    do throws(PortError) {
      let port = try await base.connect(
        to: peripheral, service: service, characteristic: characteristic, deadline: deadline)
      tap.word(false, PlayedWord.connected, tap.now())
      return RecordingGATT(port, tap: tap)
    } catch {
      tap.problems.note(error, outgoing: false)
      throw error
    }
  }

  func close() { base.close() }
}

/// Keeps how a connection ended; the bytes are kept by whoever masks the password.
final class RecordingGATT: GATTPort {
  private let base: any GATTPort
  private let tap: RadioTap
  private var isOver = false

  init(_ base: any GATTPort, tap: RadioTap) {
    self.base = base
    self.tap = tap
  }

  var peripheral: String { base.peripheral }

  var isConnected: Bool {
    let stands = base.isConnected
    if !stands, !isOver {
      isOver = true
      tap.word(false, PlayedWord.lost, tap.now())
    }
    return stands
  }

  func write(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    do throws(PortError) { try await base.write(bytes, deadline: deadline) } catch {
      note(error, outgoing: true)
      throw error
    }
  }

  func notification(deadline: WorldInstant) async throws(PortError) -> Notification {
    do throws(PortError) { return try await base.notification(deadline: deadline) } catch {
      // Waiting in vain is how a session looks after its other duties.
      if error.code != .deadline { note(error, outgoing: false) }
      throw error
    }
  }

  private func note(_ error: PortError, outgoing: Bool) {
    guard !isOver else { return }
    if error.code == .closed { isOver = true }
    tap.problems.note(error, outgoing: outgoing)
  }

  func disconnect() {
    isOver = true
    base.disconnect()
  }
}

/// Keeps what a CAN port complains of; its frames are kept by whoever decodes them.
final class RecordingBus: CANPort {
  private let base: any CANPort
  private let tap: TrafficTap

  init(_ base: any CANPort, tap: TrafficTap) {
    self.base = base
    self.tap = tap
  }

  var address: PortAddress { base.address }

  func receive(deadline: WorldInstant) async throws(PortError) -> CANFrame {
    do throws(PortError) { return try await base.receive(deadline: deadline) } catch {
      if error.code != .deadline { tap.note(error, outgoing: false) }
      throw error
    }
  }

  func news(deadline: WorldInstant) async throws(PortError) -> CANNews {
    try await base.news(deadline: deadline)
  }

  func close() { base.close() }
}
