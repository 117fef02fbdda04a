import Ports
import Quantities
import Simulation

/// What is broken behind a simulated bank of lines: a sensor that sees nothing or sees it always, a relay or switch
/// that does not move. One of each at a time.
public struct GPIOLinesDeviation {
  /// Input lines that stay at a level.
  public let inputs: [LineFault]
  /// Output lines whose relay stays open or closed; the line itself still reads back as set.
  public let outputs: [LineFault]

  private static let none = -1
  private static func line(_ name: String, _ meaning: String) -> DriverOption {
    DriverOption(name: name, meaning: meaning, kind: .integer(none...1023), defaultText: String(none))
  }
  private static let blind = line("blind", "input line whose sensor sees nothing; -1 for none")
  private static let stuckOn = line("stuck-on", "input line whose sensor is always active; -1 for none")
  private static let stuckOpen = line("stuck-open", "output line whose relay never closes; -1 for none")
  private static let stuckClosed = line("stuck-closed", "output line whose relay never opens; -1 for none")
  private static let faultTime = DriverOption(
    name: "fault-time", meaning: "time of the run at which the line's fault begins",
    kind: .quantity(.time, 0...86_400), defaultText: "0 s")

  /// All keys of the simulated bank.
  static var options: [DriverOption] { [blind, stuckOn, stuckOpen, stuckClosed, faultTime] }

  /// - Throws: `OptionError` that says what may be written.
  public init(_ given: [String: String]) throws(OptionError) {
    let from = WorldInstant.start + (try Self.faultTime.interval(in: given))
    func faults(_ option: DriverOption, active: Bool) throws(OptionError) -> [LineFault] {
      let line = try option.integer(in: given)
      return line == Self.none ? [] : [LineFault(line: line, stuckActive: active, from: from)]
    }
    let blind = try faults(Self.blind, active: false)
    let lit = try faults(Self.stuckOn, active: true)
    inputs = blind + lit
    let open = try faults(Self.stuckOpen, active: false)
    let closed = try faults(Self.stuckClosed, active: true)
    outputs = open + closed
  }
}
