import Ports
import Quantities

/// What an instrument answers to an identity query.
public struct Identity: Hashable, Sendable {
  public var maker: String
  public var model: String
  /// Empty where the maker's answer carries none.
  public var serial: String
  public var firmware: String
  public init(maker: String, model: String, serial: String, firmware: String) {
    self.maker = maker
    self.model = model
    self.serial = serial
    self.firmware = firmware
  }
}

/// The rig's fault, with the instrument named.
public struct InstrumentError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case wrongModel, wrongSerial, outOfRange, refused, malformedReply, link, desynchronised, notConfirmed
  }
  public let code: Code
  /// Name in the rig file.
  public let instrument: String
  /// Channel number at the instrument, when one is meant.
  public let channel: Int?
  public let message: String
  public let advice: String

  public init(_ code: Code, instrument: String, channel: Int? = nil, message: String, advice: String = "") {
    self.code = code
    self.instrument = instrument
    self.channel = channel
    self.message = message
    self.advice = advice
  }

  public var description: String {
    let place = channel.map { "\(instrument), channel \($0)" } ?? instrument
    return advice.isEmpty ? "\(place): \(message)" : "\(place): \(message). \(advice)"
  }
}

/// What became of one attempt to make an instrument safe.
public struct SafetyReport: Hashable, Sendable {
  /// True only when a read-back showed every output off.
  public var confirmed: Bool
  public var message: String
  public init(confirmed: Bool, message: String) {
    self.confirmed = confirmed
    self.message = message
  }
}

/// What every driver can do. Confined to the world's executor.
public protocol Instrument: AnyObject {
  /// Name in the rig file.
  var name: String { get }

  /// Asks who is there, refuses another model or serial, drains the error queue and proves that outputs are off.
  /// Changes no output.
  func open() async throws(InstrumentError) -> Identity

  /// Switches every output off, by every means it has, and reads back. Never throws; works twice and after a
  /// dead link (then unconfirmed).
  func makeSafe() async -> SafetyReport

  /// Proves that the instrument has not started anew since it was opened, that no protection acted and that outputs
  /// and settings are what the driver made them last. Changes nothing.
  /// - Throws: What is otherwise; `.link` when it does not answer.
  func confirmStanding() async throws(InstrumentError)

  func close() async
}

extension Instrument {
  /// Nothing is known against an instrument that holds no settings.
  public func confirmStanding() async throws(InstrumentError) {}
}

/// One reading with the world time at which it was complete. Overload and not-a-number marks are kept as the
/// instrument sent them; `Observation(reading:)` turns them into *missing*.
public struct Reading: Hashable, Sendable {
  public var value: Double
  public var at: WorldInstant
  public init(value: Double, at: WorldInstant) {
    self.value = value
    self.at = at
  }
}
