import DUT
import Ports

/// The radio and, once it was found, the unit: what every `device` command works with. Everything goes through the
/// world's ports, so a simulated unit is talked to by the same bytes.
final class DeviceLink {
  /// Services in advertisements of the family (BLE protocol notes section 2.5).
  static let family = ["FFE0", "FEE7"]
  static let service = "FFE0"
  static let characteristic = "FFE1"
  /// How long others are listened for after the first unit was heard, so that the wrong one is not taken.
  static let othersWindow = Interval.seconds(3)
  static let connectLimit = Interval.seconds(30)
  /// One reading or proven write may take as long as the session's own repetitions.
  static let exchangeLimit = Interval.seconds(20)

  let world: any World
  /// Register of command 05 that takes the password, where the rig file names it.
  let passwordRegister: UInt8?
  private let radioAddress: PortAddress
  private let wanted: Wanted
  private var radio: (any RadioPort)?
  private var session: BMSSession?

  /// Which unit is meant. Empty fields accept any.
  struct Wanted {
    var address = ""
    var name = ""
    /// How long to look for it.
    var within = Interval.seconds(15)
  }

  init(world: any World, radio: PortAddress, wanted: Wanted, passwordRegister: UInt8? = nil) {
    self.world = world
    self.passwordRegister = passwordRegister
    radioAddress = radio
    self.wanted = wanted
  }

  var exchangeDeadline: WorldInstant { world.now + Self.exchangeLimit }

  static func isOfFamily(_ heard: Advertisement) -> Bool { heard.services.contains(where: family.contains) }

  // MARK: listening

  /// Everything heard for so long, each sender once with what it said last, in the order first heard.
  func hear(for time: Interval) async throws -> [Advertisement] {
    var found: [Advertisement] = []
    let end = world.now + time
    while let heard = try await next(until: end) { Self.note(heard, in: &found) }
    return found
  }

  /// A name that stood in an earlier packet only is kept: it is often in the scan response alone.
  private static func note(_ heard: Advertisement, in found: inout [Advertisement]) {
    guard let index = found.firstIndex(where: { $0.address == heard.address }) else {
      return found.append(heard)
    }
    let before = found[index]
    found[index] = Advertisement(
      address: heard.address, name: heard.name.isEmpty ? before.name : heard.name,
      services: heard.services.isEmpty ? before.services : heard.services,
      signalLevelDBm: heard.signalLevelDBm, at: heard.at)
  }

  /// nil once the time is over.
  private func next(until end: WorldInstant) async throws -> Advertisement? {
    let radio = try await opened()
    do throws(PortError) { return try await radio.scan(deadline: end) } catch {
      if error.code == .deadline { return nil }
      throw DeviceError(error)
    }
  }

  private func opened() async throws -> any RadioPort {
    if let radio { return radio }
    do throws(PortError) {
      let port = try await world.openRadio(radioAddress, deadline: world.now + .seconds(5))
      radio = port
      return port
    } catch { throw DeviceError(error) }
  }

  // MARK: connecting

  /// Finds the one unit that is meant, connects, reads who it is, its settings and first live values.
  func connect() async throws -> BMSSession {
    let unit = try await find()
    let radio = try await opened()
    let port: any GATTPort
    do throws(PortError) {
      port = try await radio.connect(
        to: unit.address, service: Self.service, characteristic: Self.characteristic,
        deadline: world.now + Self.connectLimit)
    } catch {
      throw DeviceError(
        PortError(
          error.code, attempted: error.attempted, port: error.port, cause: error.cause,
          advice: (error.advice.isEmpty ? "" : error.advice + ". ")
            + "A unit takes one connection: close the app on every phone nearby"))
    }
    let session = BMSSession(port: port, world: world)
    self.session = session
    try await session.open(deadline: world.now + Self.connectLimit)
    return session
  }

  private func find() async throws -> Advertisement {
    var found: [Advertisement] = []
    var end = world.now + wanted.within
    var isSettled = false
    while let heard = try await next(until: end) {
      Self.note(heard, in: &found)
      let meant = found.filter(isMeant)
      guard !meant.isEmpty, !isSettled else { continue }
      // An address says exactly which one.
      if !wanted.address.isEmpty { return meant[0] }
      isSettled = true
      end = min(end, world.now + Self.othersWindow)
    }
    let meant = found.filter(isMeant)
    if meant.count == 1 { return meant[0] }
    guard meant.isEmpty else {
      let list = meant.map { "\($0.address) (\($0.name), \($0.signalLevelDBm) dBm)" }.joined(separator: ", ")
      throw DeviceError(
        "\(meant.count) units are in reach: \(list)", advice: "say which one is meant with --address",
        code: .badInput)
    }
    throw notFound(found)
  }

  private func isMeant(_ heard: Advertisement) -> Bool {
    // Who is called by address need not tell its services.
    if !wanted.address.isEmpty { return heard.address.uppercased() == wanted.address.uppercased() }
    return Self.isOfFamily(heard) && (wanted.name.isEmpty || heard.name == wanted.name)
  }

  private func notFound(_ found: [Advertisement]) -> DeviceError {
    let what =
      !wanted.address.isEmpty
      ? "no unit with the address \(wanted.address)"
      : wanted.name.isEmpty ? "no unit of the family" : "no unit named '\(wanted.name)'"
    let others = found.isEmpty ? "nothing else was" : "\(found.count) other devices were"
    return DeviceError(
      "\(what) was heard on \(radioAddress) within \(Int(wanted.within.seconds.rounded())) s; \(others)",
      advice:
        "check that the unit is switched on and near, and that no phone is connected to it (a connected unit "
        + "cannot be found); 'bmsrig device scan' shows what is in reach")
  }

  func close() {
    session?.close()
    radio?.close()
  }
}
