import CellModel
import Foundation
import Quantities
import Testing

/// The modelled cell under the currents of a balancer: charge as the voltage of a capacitor, rest voltage as a table.
@Suite("Cell", .enabled(if: Spice.isInstalled, "ngspice is not installed; 'make physics' installs it"))
struct CellPhysics {
  static let capacityAmpereHours = 2.0
  static let seriesOhms = 0.002
  static let pairs = [(ohms: 0.001, seconds: 3.0), (ohms: 0.0015, seconds: 60.0)]
  /// Amperes out of the cell and how long: transfers of a balancer, a rest, a charge.
  static let script = [(8.0, 4.0), (0, 5), (8, 4), (0, 47), (-4, 30), (0, 30), (8, 120), (0, 60)]
  /// Edges of the current in ngspice.
  static let edge = 1e-4

  private func netlist(_ curve: OpenCircuitCurve, stateOfCharge: Double) -> String {
    var points = "0 \(Self.script[0].0)"
    var time = 0.0
    for (index, (_, seconds)) in Self.script.enumerated().dropLast() {
      time += seconds
      points += " \(time) \(Self.script[index].0) \(time + Self.edge) \(Self.script[index + 1].0)"
    }
    let table = curve.points.map { "\($0.stateOfCharge), \($0.voltage.base)" }.joined(separator: ", ")
    let coulombs = Self.capacityAmpereHours * 3600
    var lines = [
      "Iload t 0 pwl(\(points))",
      "Vprobe t0 t 0",
      "Csoc soc 0 \(coulombs) ic=\(stateOfCharge)",
      "Fsoc soc 0 Vprobe 1",
      "Rsoc soc 0 1e12",
      "Bocv ocv 0 v = pwl(v(soc), \(table))",
      "Rs ocv a0 \(Self.seriesOhms)",
    ]
    for (index, pair) in Self.pairs.enumerated() {
      let next = index == Self.pairs.count - 1 ? "t0" : "a\(index + 1)"
      lines.append("R\(index) a\(index) \(next) \(pair.ohms)")
      lines.append("C\(index) a\(index) \(next) \(pair.seconds / pair.ohms) ic=0")
    }
    return lines.joined(separator: "\n")
  }

  @Test func `terminal voltages of all chemistries agree over five minutes`() throws {
    var terminal = Comparison(
      "terminal voltage", unit: "mV", bound: 0.05, "the emulator's declared uncertainty is 0.7 mV")
    for (name, curve) in [("NCM", OpenCircuitCurve.ncm), ("LFP", .lfp), ("LTO", .lto)] {
      for start in [0.12, 0.5, 0.93] {
        let end = Self.script.reduce(0) { $0 + $1.1 }
        let wave = try Spice.transient(
          netlist(curve, stateOfCharge: start), "v(t)", end: end, step: 0.02)
        var cell = ModelledCell(
          capacity: Charge(Self.capacityAmpereHours * 3600), stateOfCharge: start, curve: curve,
          resistance: Resistance(Self.seriesOhms),
          pairs: Self.pairs.map {
            RelaxationPair(resistance: Resistance($0.ohms), timeConstant: TimeSpan($0.seconds))
          })
        var time = 0.0
        for (amperes, seconds) in Self.script {
          for _ in 0..<4 {
            cell.advance(current: Current(amperes), seconds: seconds / 4)
            time += seconds / 4
            // At an edge of the current both are compared just before it.
            let ours = cell.terminalVoltage(current: Current(amperes)).base
            terminal.add(
              "\(name) from \(start), \(time) s", ours: ours * 1000,
              spice: wave.value(at: min(time, end) - Self.edge / 10) * 1000)
          }
        }
      }
    }
    try Comparison.report("Modelled cell", [terminal])
  }
}
