import Capabilities
import Modbus
import Ports

/// The unit's 485 port: asks for measurements by a candidate profile, and never writes.
///
/// - Source: notes on CAN and RS485, sections 1.2 (candidates), 2 (reads only), 3 and 8.
public final class RS485Unit: UnitBus {
  /// What may be spoken there. All are candidates.
  public enum Profile: String, Sendable, CaseIterable {
    /// The unit's own Bluetooth frames on a wire.
    case native
    /// Modbus as boards of JK speak it.
    case jkModbus = "jk-modbus"

    var words: String {
      switch self {
      case .native: "the Bluetooth frames on RS485 (candidate)"
      case .jkModbus: "Modbus in the style of JK on RS485 (candidate)"
      }
    }
  }

  /// Opens the line; called when it is first asked for: most runs never do.
  public typealias Opening = (WorldInstant) async throws(PortError) -> any StreamPort

  public let isProfileConfirmed: Bool
  public var profile: String { kind.words }
  private let kind: Profile
  private let unitNumber: UInt8
  private let world: any World
  private let opening: Opening
  private var speaker: (any SerialSpeaker)?

  /// - Parameter unitNumber: Of Modbus; the native frames carry none that is understood.
  public init(
    world: any World, profile: Profile, unitNumber: UInt8, isProfileConfirmed: Bool,
    opening: @escaping Opening
  ) {
    self.world = world
    kind = profile
    self.unitNumber = unitNumber
    self.isProfileConfirmed = isProfileConfirmed
    self.opening = opening
  }

  public func tells(_ quantity: UnitBusQuantity) -> Bool {
    switch quantity {
    case .packVoltage, .packCurrent, .stateOfCharge, .temperatures: true
    // The candidate map has cells, each a question of its own: too slow to be one reading.
    case .cellVoltages, .alarms: kind == .native
    }
  }

  /// Asks once more until something good came.
  public func nextFrame(deadline: WorldInstant) async throws(UnitLinkError) -> WorldInstant {
    try await broadcast(after: world.now, deadline: deadline).at
  }

  public func broadcast(
    after instant: WorldInstant, deadline: WorldInstant
  ) async throws(UnitLinkError) -> UnitBroadcast {
    let speaker = try await open(deadline: deadline)
    while true {
      do throws(SerialFailure) {
        let told = try await speaker.ask(deadline: min(deadline, world.now + Self.answerLimit))
        if told.at > instant { return told }
      } catch {
        switch error {
        case .nothing(let why):
          guard world.now < deadline else { throw Self.failure(.noAnswer, why) }
        case .adapter(let why):
          close()
          throw Self.failure(.adapter, why)
        case .stopped(let why): throw Self.failure(.stopped, why)
        }
      }
    }
  }

  /// Boards answer within a second (notes, section 2).
  static let answerLimit = Interval.seconds(1)

  public func close() {
    speaker?.close()
    speaker = nil
  }

  private func open(deadline: WorldInstant) async throws(UnitLinkError) -> any SerialSpeaker {
    if let speaker { return speaker }
    let port: any StreamPort
    do throws(PortError) { port = try await opening(deadline) } catch {
      throw Self.failure(error.code == .stopped ? .stopped : .adapter, error.description)
    }
    let made: any SerialSpeaker =
      switch kind {
      case .native: NativeSpeaker(port: port, world: world)
      case .jkModbus: JKSpeaker(port: port, world: world, unit: unitNumber)
      }
    speaker = made
    return made
  }

  private static func failure(_ code: UnitLinkError.Code, _ cause: String) -> UnitLinkError {
    UnitLinkError(
      code, attempted: "read the unit's 485 port", cause: cause,
      advice: code == .noAnswer ? "check the wires A and B, termination, baud rate and the profile" : "")
  }
}

/// Why one question was not answered.
enum SerialFailure: Error {
  /// Silence, or bytes that mean nothing.
  case nothing(String)
  case adapter(String)
  case stopped(String)

  init(_ error: PortError) {
    switch error.code {
    case .deadline, .malformed: self = .nothing(error.cause.isEmpty ? "no answer came" : error.cause)
    case .stopped: self = .stopped(error.cause)
    case .closed, .refused, .notFound, .permission, .busy, .badAddress, .unsupported:
      self = .adapter(error.description)
    }
  }
}

/// One profile on an open line.
protocol SerialSpeaker: AnyObject {
  /// Asks once and waits for the answer.
  func ask(deadline: WorldInstant) async throws(SerialFailure) -> UnitBroadcast
  func close()
}
