import DUT
import Documents
import Instruments
import Model
import Ports
import Simulation

extension Preflight {
  /// A rig file alone, for what needs the unit's link only: an expired calibration is no finding.
  public static func rig(path: String) -> DocumentReading<RigDocument> {
    RigDocument.load(path: path, checks: RigCheck.checks)
  }
}

/// A simulated rig with a unit that somebody has connected to a pack and switched on, before any procedure runs.
public enum SimulatedDesk {
  /// Volts of a cell of each chemistry in the middle of its charge.
  private static func restVoltage(_ chemistry: UnitChemistry) -> Double {
    switch chemistry {
    case .ternary: 3.7
    case .ironPhosphate: 3.3
    case .titanate: 2.3
    }
  }
  /// From pressing the wake switch until the unit is on and its first sample is taken.
  private static let startTime = Interval.seconds(5)

  /// - Throws: `RigBuildError` when the unit file's values do not go together.
  public static func world(rig: Rig, unitFile: UnitFile?, seed: UInt64) throws -> SimulatedWorld {
    let unit: UnitParameters
    do throws(UnitParameterError) {
      unit = try UnitFile.unit(
        unitFile, seed: seed,
        preset: [("chemistry", .text("LFP")), ("cells", .integer(24)), ("rating", .text("300 A"))])
    } catch { throw RigBuildError(instrument: "unit file", message: "\(error.path): \(error.message)") }
    let world = try SimulatedRig.world(
      rig: rig, unit: unit, seed: seed, calendarStart: SimulatedSocket.calendarStart)
    let circuit = world.circuit
    for cell in 1...unit.cells {
      circuit.driveCell(
        cell, volts: restVoltage(unit.chemistry), sourceLimit: 10, sinkLimit: 10, on: true)
    }
    for sensor in 1...4 { circuit.setThermistor(sensor, ohms: 10_000) }
    circuit.setRelay(.emulatorContactor, active: true)
    circuit.setRelay(.wakeSwitch, active: true)
    return world
  }

  /// Lets the unit start.
  public static func start(_ world: any World) async throws { try await world.sleep(for: startTime) }
}
