import Capabilities
import Ports
import Quantities

/// A unit that sends a frame every half second while it is connected, as hot as a test says.
final class ScriptedUnit: UnitConnection {
  let world: TestWorld
  var isConnected = true
  var hasLostLink = false
  /// °C of both pairs of sensors, from when the frame was sent.
  var celsius: (WorldInstant) -> [Double] = { _ in [25, 25] }
  var mosfet: Double? = 30
  /// It sends no frame from here on.
  var silentFrom: WorldInstant?
  private(set) var questions = 0
  let statistics = UnitLinkStatistics()

  init(_ world: TestWorld) { self.world = world }

  func discover(deadline: WorldInstant) async throws(UnitLinkError) -> Advertisement { throw unscripted }
  func connect(deadline: WorldInstant) async throws(UnitLinkError) { isConnected = true }
  func disconnect() async { isConnected = false }
  func description(deadline: WorldInstant) async throws(UnitLinkError) -> UnitDescription { throw unscripted }
  func settings(deadline: WorldInstant) async throws(UnitLinkError) -> UnitSettings {
    questions += 1
    return UnitSettings(frame: [], entries: [])
  }
  func write(
    _ name: String, value: Double, deadline: WorldInstant
  ) async throws(UnitLinkError) -> SettingProof { throw unscripted }
  func dimension(ofSetting name: String) -> Dimension? { nil }

  /// The earliest frame after an instant, as a link answers that keeps what it received.
  func telemetry(
    after instant: WorldInstant, deadline: WorldInstant
  ) async throws(UnitLinkError) -> UnitTelemetry {
    let number = (instant.seconds / 0.5).rounded(.down) + 1
    let arrival = WorldInstant.start + .seconds(number * 0.5)
    guard isConnected, arrival <= max(deadline, world.now), silentFrom.map({ arrival < $0 }) ?? true else {
      throw UnitLinkError(.noAnswer, attempted: "receive live values", cause: "nothing came")
    }
    if arrival > world.now {
      do { try await world.sleep(until: arrival) } catch {
        throw UnitLinkError(.stopped, attempted: "receive live values", cause: "stopped")
      }
    }
    var frame = UnitTelemetry()
    frame.at = arrival
    frame.temperatures = celsius(arrival)
    frame.mosfetTemperature = mosfet
    return frame
  }

  private var unscripted: UnitLinkError {
    UnitLinkError(.noAnswer, attempted: "do what no test asks for", cause: "it is not scripted")
  }
}
