import Capabilities
import Engine
import Model
import Ports
import Quantities

/// The unit's CAN or 485 port: frames come, and one value agrees with Bluetooth: PRC-COM-02.
public enum CommunicationPorts: StepKind {
  public static let id = "communication-ports"
  public static let summary =
    "Listens to the unit's CAN port, or asks its 485 port and never writes: a frame comes in time, and the pack "
    + "voltage told there is the one told over Bluetooth. Judges only when the rig file calls the profile confirmed."
  public static let parameters = [
    FieldDeclaration(
      "listen", .quantity(.time, range: 1...60), default: "3 s", doc: "longest wait for a frame"),
    FieldDeclaration("port", .choice(["can", "rs485"]), default: "can", doc: "which port"),
  ]
  public static let measurements = [
    MeasurementDeclaration("heartbeat", .time, "time until a frame is heard"),
    MeasurementDeclaration("voltage-difference", .voltage, "pack voltage there less the one over Bluetooth"),
  ]
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: communication-ports
      id: ports
      title: CAN port
      measure:
        heartbeat: can-heartbeat
        voltage-difference: can-voltage-difference
    """

  public static func run(_ context: StepContext) async throws {
    let isSerial = context.values.text("port") == "rs485"
    let key = isSerial ? "unit-rs485" : "unit-bus"
    guard let bus = isSerial ? context.rs485 : context.bus else {
      return skip(context, why: "the rig has no '\(key)'")
    }
    guard bus.isProfileConfirmed else {
      return skip(
        context,
        why: "no released unit has been heard to speak the profile '\(bus.profile)' (\(key), confirmed: no)"
      )
    }
    context.note("\(isSerial ? "485" : "CAN") profile: \(bus.profile)")
    guard try await heartbeat(context, bus, key) else { return }
    try await compare(context, bus, key)
  }

  /// A port that is silent at first and speaks later is out of order for a time, and nobody knows at which end.
  private static let secondLook = 60.0

  /// - Returns: Whether anything was heard.
  private static func heartbeat(_ context: StepContext, _ bus: any UnitBus, _ key: String) async throws
    -> Bool
  {
    let begin = context.world.now
    let limit = context.values.quantity("listen")
    let high = context.high(of: "heartbeat") ?? limit
    do throws(UnitLinkError) {
      let heard = try await bus.nextFrame(deadline: begin + .seconds(limit))
      let seconds = (heard - begin).seconds
      guard seconds > high else {
        context.measure("heartbeat", .init(reading: seconds), uncertainty: 0.001, by: [key])
        return true
      }
    } catch {
      guard error.code == .noAnswer else { throw fault(error, key) }
      let end = context.deadline(secondLook)
      guard try await isHeard(bus, until: end, key) else {
        try silence(context, error, limit, key)
        return false
      }
    }
    let again = context.world.now
    guard try await isHeard(bus, until: again + .seconds(limit), key),
      (context.world.now - again).seconds <= high
    else {
      context.measure(
        "heartbeat", .init(reading: (context.world.now - again).seconds), uncertainty: 0.001, by: [key],
        note: "the second interval in a row that is too long")
      return true
    }
    let silent = TimeSpan((again - begin).seconds)
    context.measure("heartbeat", .missing("nothing for \(silent), then as it should be"), by: [key])
    return true
  }

  private static func isHeard(_ bus: any UnitBus, until end: WorldInstant, _ key: String) async throws -> Bool
  {
    do throws(UnitLinkError) {
      _ = try await bus.nextFrame(deadline: end)
      return true
    } catch {
      guard error.code == .noAnswer else { throw fault(error, key) }
      return false
    }
  }

  /// Silence is the unit's; an adapter that does not work is the rig's.
  private static func silence(
    _ context: StepContext, _ error: UnitLinkError, _ limit: Double, _ key: String
  ) throws {
    guard error.code == .noAnswer else { throw fault(error, key) }
    context.measure(
      "heartbeat", .atLeast(limit), uncertainty: 0.001, by: [key],
      note: "nothing was heard until then")
    context.measure("voltage-difference", .missing("nothing was heard"), by: [key])
  }

  private static func fault(_ error: UnitLinkError, _ key: String) -> any Error {
    error.code == .stopped ? error : RigFault(instrument: key, message: error.description)
  }

  private static func compare(_ context: StepContext, _ bus: any UnitBus, _ key: String) async throws {
    let told: UnitBroadcast
    do throws(UnitLinkError) {
      told = try await bus.broadcast(
        after: context.world.now, deadline: context.deadline(context.values.quantity("listen")))
    } catch {
      guard error.code == .noAnswer else { throw fault(error, key) }
      context.measure("voltage-difference", .missing("no measurements were heard"), by: [key])
      return
    }
    let frame = try await context.freshTelemetry()
    context.measure(
      "voltage-difference", .init(reading: told.packVoltage - frame.totalVoltage),
      uncertainty: told.steps.voltage / 2, by: [key, "unit"])
  }

  private static func skip(_ context: StepContext, why: String) {
    for declaration in measurements { context.notApplicable(declaration.name, why: why) }
  }
}
