import Ports
import Quantities

/// A set of isolated programmable cells. Channel numbers are the instrument's own.
public protocol CellEmulator: Instrument {
  var channelNumbers: ClosedRange<Int> { get }
  var voltageRange: ClosedRange<Voltage> { get }
  /// Largest source and sink current of one channel.
  var currentMax: Current { get }

  /// Programs voltages; outputs keep their state. All values are checked before a byte is sent.
  func setVoltages(_ setpoints: [(channel: Int, voltage: Voltage)]) async throws(InstrumentError)
  /// Programs the source and sink limit of channels.
  func setCurrentLimit(_ limit: Current, channels: [Int]) async throws(InstrumentError)
  func setOutputs(_ on: Bool, channels: [Int]) async throws(InstrumentError)
  func outputsEnabled(channels: [Int]) async throws(InstrumentError) -> [Bool]
  /// Terminal voltages in the order of `channels`.
  func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading]
  /// Positive = the channel sources current (discharges the emulated cell).
  func measureCurrents(channels: [Int]) async throws(InstrumentError) -> [Reading]
}

/// A bidirectional source for the high-current loop. Positive current charges the unit's pack side.
public protocol LoopSource: Instrument {
  var currentMax: Current { get }
  var complianceMax: Voltage { get }
  /// Current set point (sign = direction) and the voltage it may use to force it, magnitude.
  /// - Returns: When the command that changes the current left for the instrument; the current follows within
  ///   `settlingTime`.
  @discardableResult
  func program(current: Current, compliance: Voltage) async throws(InstrumentError) -> WorldInstant
  func setOutput(_ on: Bool) async throws(InstrumentError)
  func outputEnabled() async throws(InstrumentError) -> Bool
  func measureCurrent() async throws(InstrumentError) -> Reading
  func measureVoltage() async throws(InstrumentError) -> Reading
  /// True when the source cannot reach its current within the compliance voltage.
  func isAtCompliance() async throws(InstrumentError) -> Bool
  /// Rise time of a full-scale step.
  var settlingTime: Interval { get }
  /// Silence after which the instrument switches its output off by itself; nil when it never does.
  var silenceLimit: Interval? { get }
}

extension LoopSource {
  public var silenceLimit: Interval? { nil }
}

/// A plain adjustable supply.
public protocol Supply: Instrument {
  var voltageMax: Voltage { get }
  var currentMax: Current { get }
  func program(channel: Int, voltage: Voltage, currentLimit: Current) async throws(InstrumentError)
  func setOutput(_ on: Bool, channel: Int) async throws(InstrumentError)
  func measureVoltage(channel: Int) async throws(InstrumentError) -> Reading
}

/// A programmable resistance that stands in for one or more thermistors.
public protocol ThermistorSimulator: Instrument {
  var channelNumbers: ClosedRange<Int> { get }
  var resistanceRange: ClosedRange<Resistance> { get }
  func setResistance(_ resistance: Resistance, channel: Int) async throws(InstrumentError)
  func setOpen(channel: Int) async throws(InstrumentError)
  func setShort(channel: Int) async throws(InstrumentError)
  /// Value in force, read back.
  func resistance(channel: Int) async throws(InstrumentError) -> Reading
}
