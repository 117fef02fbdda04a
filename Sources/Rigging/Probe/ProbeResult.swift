import Capabilities
import Quantities

/// What a probe found at one address of a rig file.
public struct ProbeResult: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    case ok
    /// Nothing is at the address, or nothing answers there.
    case missing
    /// The link opened; the instrument said nothing that makes sense.
    case silent
    case wrong = "wrong-instrument"
    case busy
    case denied = "no-permission"
    /// The right instrument, whose certificate does not cover the day.
    case expired = "calibration-expired"
    /// The bus is alive, and what a released unit was heard to say is not heard.
    case unrecognised = "profile-not-recognised"
    /// This computer or version cannot open such a port.
    case unprobed = "not-probed"

    public var words: String { rawValue.replacing("-", with: " ") }
  }

  /// Name in the rig file, or `unit`, `unit-bus`, `unit-rs485`.
  public var name: String
  public var address: String
  public var state: State
  /// Nil for what does not say who it is.
  public var identity: Identity?
  /// What was found or went wrong.
  public var message: String
  /// What to check next; empty when there is nothing to do.
  public var advice: String
  /// Last day of the certificate, ISO 8601; nil for what measures nothing.
  public var calibrationDue: String?

  public init(
    name: String, address: String, state: State, identity: Identity? = nil, message: String,
    advice: String = "", calibrationDue: String? = nil
  ) {
    self.name = name
    self.address = address
    self.state = state
    self.identity = identity
    self.message = message
    self.advice = advice
    self.calibrationDue = calibrationDue
  }

  public var json: OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("name", .string(name)), ("address", .string(address)), ("state", .string(state.rawValue)),
      ("message", .string(message)), ("advice", .string(advice)),
    ]
    if let identity {
      members.append(
        (
          "identity",
          .object([
            ("maker", .string(identity.maker)), ("model", .string(identity.model)),
            ("serial", .string(identity.serial)), ("firmware", .string(identity.firmware)),
          ])
        ))
    }
    if let calibrationDue { members.append(("calibration_due", .string(calibrationDue))) }
    return .object(members)
  }
}
