import Ports
import Quantities

/// A scanning voltmeter. Channel numbers are the instrument's own (slot × 100 + channel on mainframes).
public protocol Voltmeter: Instrument {
  /// Direct voltages of the channels, in the order asked for, with one reading each.
  /// - Throws: `.link` when the scan does not end in time; a reading that overloads is returned as the
  ///   instrument sent it (9.9E37), not thrown.
  func measureVoltages(channels: [Int]) async throws(InstrumentError) -> [Reading]
}

/// A scanning ohmmeter with separate sense leads. It must never be connected while something else drives the resistor.
public protocol Ohmmeter: Instrument {
  /// Ohms of the channels, in the order asked for; an open circuit is returned as the instrument sent it (9.9E37).
  func measureResistances(channels: [Int]) async throws(InstrumentError) -> [Reading]
}

/// A digitiser for one fast event.
public protocol PulseRecorder: Instrument {
  /// Arms a single record: trigger when the channel rises through `triggerLevel` volts; returns when the
  /// instrument itself reports *armed*.
  func arm(channel: Int, triggerLevel: Voltage, sampleInterval: TimeSpan, samples: Int)
    async throws(InstrumentError)
  /// The record once triggered and complete.
  func fetch(channel: Int, deadline: WorldInstant) async throws(InstrumentError) -> PulseRecord
}

/// Samples of one fast event. `times[0]` is negative when it was taken before the trigger.
public struct PulseRecord: Hashable, Sendable {
  public var times: [Double]
  public var volts: [Double]
  public init(times: [Double], volts: [Double]) {
    self.times = times
    self.volts = volts
  }
}

/// A bank of digital lines: contactors, relays, triggers, LED and buzzer sensors, interlocks.
public protocol LineBank: Instrument {
  func set(line: Int, to level: Bool) async throws(InstrumentError)
  func read(line: Int) async throws(InstrumentError) -> Bool
  /// All recorded edges of an input since opening, oldest first; keeps them.
  func edges(line: Int, since: WorldInstant) async throws(InstrumentError) -> [LineEdge]
}
