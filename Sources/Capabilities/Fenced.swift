import Quantities

/// Trip levels that an instrument is to keep by itself, whatever it is told later.
public struct FenceLevels: Hashable, Sendable {
  /// Highest voltage and current that the rig allows there; the driver trips a little above.
  public var voltage: Voltage
  public var current: Current
  public init(voltage: Voltage, current: Current) {
    self.voltage = voltage
    self.current = current
  }
}

/// One trip level with what the instrument says of it.
public struct ProgrammedFence: Hashable, Sendable {
  /// `over-voltage`, `over-current`, `communication watchdog`.
  public var name: String
  public var programmed: AnyQuantity
  /// The reading farthest from what was programmed, where several channels share the level.
  public var readBack: AnyQuantity
  public init(name: String, programmed: AnyQuantity, readBack: AnyQuantity) {
    self.name = name
    self.programmed = programmed
    self.readBack = readBack
  }

  /// Half a step of the coarsest setting of these instruments is far below this part.
  public static let tolerance = 0.005
  public var isInForce: Bool {
    (readBack.base - programmed.base).magnitude <= Self.tolerance * programmed.base.magnitude
  }
}

/// An instrument that can keep trip levels of its own.
public protocol Fenced: Instrument {
  /// Programs the levels and reads them back. Changes no output; outputs must be off.
  ///
  /// To be called after opening, which enters mode and priority: some supplies change levels with these.
  /// - Throws: `.notConfirmed` when a level does not read back.
  func program(_ levels: FenceLevels, channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence]
  /// Reads the levels back once more, and that none of them has tripped. Changes nothing.
  func fences(channels: [Int]) async throws(InstrumentError) -> [ProgrammedFence]
}
