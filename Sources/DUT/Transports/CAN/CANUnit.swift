import Capabilities
import Ports

/// The unit's CAN port through a port of the world: listens, and never sends.
public final class CANUnit: UnitBus {
  public let profile = "Pylontech-style inverter broadcast (candidate)"
  public let isProfileConfirmed: Bool
  /// Sees every frame before it is decoded.
  public var onFrame: ((CANFrame) -> Void)?
  private let world: any World
  private let address: PortAddress
  private var port: (any CANPort)?
  private var picture = InverterBroadcast()
  private var chargeWasTold = false

  public init(world: any World, address: PortAddress, isProfileConfirmed: Bool) {
    self.world = world
    self.address = address
    self.isProfileConfirmed = isProfileConfirmed
  }

  /// Every frame of the candidate once a second.
  public var period: Double? { 1 }

  public func nextFrame(deadline: WorldInstant) async throws(UnitLinkError) -> WorldInstant {
    try await receive(deadline: deadline).at
  }

  public func broadcast(
    after instant: WorldInstant, deadline: WorldInstant
  ) async throws(UnitLinkError) -> UnitBroadcast {
    while true {
      let frame = try await receive(deadline: deadline)
      guard frame.at > instant, frame.identifier == InverterBroadcast.measurementsID else { continue }
      return UnitBroadcast(
        at: frame.at, packVoltage: picture.voltage, packCurrent: picture.current,
        temperature: picture.temperature, voltageStep: InverterBroadcast.voltageStep,
        currentStep: InverterBroadcast.currentStep,
        stateOfCharge: chargeWasTold ? Double(picture.stateOfCharge) / 100 : nil)
    }
  }

  public func close() {
    port?.close()
    port = nil
  }

  private func receive(deadline: WorldInstant) async throws(UnitLinkError) -> CANFrame {
    do throws(PortError) {
      let port = try await open(deadline: deadline)
      let frame = try await port.receive(deadline: deadline)
      onFrame?(frame)
      if picture.take(frame), frame.identifier == InverterBroadcast.chargeID { chargeWasTold = true }
      return frame
    } catch {
      throw Self.linkError(error)
    }
  }

  /// Opened when it is first asked for: most runs never listen.
  private func open(deadline: WorldInstant) async throws(PortError) -> any CANPort {
    if let port { return port }
    let opened = try await world.openCAN(address, deadline: deadline)
    port = opened
    return opened
  }

  private static func linkError(_ error: PortError) -> UnitLinkError {
    let code: UnitLinkError.Code =
      switch error.code {
      case .deadline: .noAnswer
      case .stopped: .stopped
      case .closed, .refused, .notFound, .permission, .busy, .malformed, .badAddress, .unsupported: .adapter
      }
    return UnitLinkError(code, attempted: "listen to the unit's CAN port", cause: error.description)
  }
}
