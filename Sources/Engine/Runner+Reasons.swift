import Capabilities
import Model
import Ports

/// Why a step ended early: a stop, or whose fault.
extension Runner {
  static func stopReason(_ error: any Error, _ world: any World) -> String? {
    if let stop = error as? WorldStopped { return stop.reason }
    if let port = error as? PortError, port.code == .stopped { return world.stopRequested ?? port.cause }
    if let link = error as? UnitLinkError, link.code == .stopped { return world.stopRequested ?? link.cause }
    // A driver that wraps the port's error must not turn a stop into a rig fault.
    if let reason = world.stopRequested, !world.holdStops { return reason }
    return nil
  }

  /// Who is named in the record.
  public static func culprit(_ error: any Error) -> (instrument: String, message: String) {
    switch error {
    case let fault as RigFault: (fault.instrument, fault.message)
    case let error as InstrumentError:
      (
        error.instrument,
        (error.channel.map { "channel \($0): " } ?? "") + error.message + advice(error.advice)
      )
    case let error as UnitLinkError:
      ("unit link", "could not \(error.attempted): \(error.cause)\(advice(error.advice))")
    case let error as PortError: (error.port, error.description)
    default: ("rig", "\(error)")
    }
  }

  private static func advice(_ text: String) -> String {
    text.isEmpty ? "" : ". \(text.prefix(1).uppercased())\(text.dropFirst())"
  }
}
