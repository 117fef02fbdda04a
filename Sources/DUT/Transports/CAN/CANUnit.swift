import Capabilities
import Ports

/// The unit's CAN port through a port of the world: listens, and never sends.
public final class CANUnit: UnitBus {
  public var profile: String { picture.profile }
  public let isProfileConfirmed: Bool
  /// Sees every frame before it is decoded.
  public var onFrame: ((CANFrame) -> Void)?
  private let world: any World
  private let address: PortAddress
  private var port: (any CANPort)?
  private var picture: any BusPicture

  public init(
    world: any World, address: PortAddress, picture: any BusPicture = InverterPicture(),
    isProfileConfirmed: Bool
  ) {
    self.world = world
    self.address = address
    self.picture = picture
    self.isProfileConfirmed = isProfileConfirmed
  }

  public var period: Double? { picture.period }

  public func tells(_ quantity: UnitBusQuantity) -> Bool { picture.tells(quantity) }

  public func nextFrame(deadline: WorldInstant) async throws(UnitLinkError) -> WorldInstant {
    try await receive(deadline: deadline).frame.at
  }

  public func broadcast(
    after instant: WorldInstant, deadline: WorldInstant
  ) async throws(UnitLinkError) -> UnitBroadcast {
    while true {
      let (frame, meaning) = try await receive(deadline: deadline)
      guard frame.at > instant, case .whole(let told) = meaning else { continue }
      return told
    }
  }

  public func close() {
    port?.close()
    port = nil
  }

  private func receive(
    deadline: WorldInstant
  ) async throws(UnitLinkError) -> (frame: CANFrame, meaning: BusFrameMeaning) {
    do throws(PortError) {
      let port = try await open(deadline: deadline)
      let frame = try await port.receive(deadline: deadline)
      onFrame?(frame)
      return (frame, picture.take(frame))
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
