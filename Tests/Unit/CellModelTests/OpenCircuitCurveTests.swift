import CellModel
import Quantities
import Testing

@Suite struct OpenCircuitCurveTests {
  static let curves: [(name: String, curve: OpenCircuitCurve, window: ClosedRange<Double>)] = [
    ("NCM", .ncm, 3.0...4.2), ("LFP", .lfp, 2.5...3.65), ("LTO", .lto, 1.5...2.8),
  ]

  @Test(arguments: curves)
  func `each chemistry rises from empty to full inside its own window`(
    name: String, curve: OpenCircuitCurve, window: ClosedRange<Double>
  ) {
    #expect(curve.points.count >= 21)
    #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0.voltage < $1.voltage })
    #expect(curve.points.allSatisfy { window.contains($0.voltage.base) }, "\(name)")
  }

  @Test func `between two points the voltage lies on the straight line`() {
    let curve = OpenCircuitCurve(points: [
      .init(stateOfCharge: 0, voltage: Voltage(3)), .init(stateOfCharge: 0.5, voltage: Voltage(3.4)),
      .init(stateOfCharge: 1, voltage: Voltage(4)),
    ])
    #expect(curve.voltage(at: 0) == Voltage(3))
    #expect((curve.voltage(at: 0.125).base - 3.1).magnitude < 1e-12)
    #expect(curve.voltage(at: 0.5) == Voltage(3.4))
    #expect((curve.voltage(at: 0.75).base - 3.7).magnitude < 1e-12)
    #expect(curve.voltage(at: 1) == Voltage(4))
  }

  @Test func `outside its range the last line goes on`() {
    let (a, b) = (OpenCircuitCurve.lfp.points[19], OpenCircuitCurve.lfp.points[20])
    let slope = (b.voltage - a.voltage).base / (b.stateOfCharge - a.stateOfCharge)
    #expect((OpenCircuitCurve.lfp.voltage(at: 1.01).base - (b.voltage.base + 0.01 * slope)).magnitude < 1e-12)
    #expect(OpenCircuitCurve.lfp.voltage(at: -0.01) < OpenCircuitCurve.lfp.points[0].voltage)
  }

  @Test(arguments: curves)
  func `a voltage leads back to the state of charge it came from`(
    name: String, curve: OpenCircuitCurve, window: ClosedRange<Double>
  ) {
    for step in -5...105 {
      let stateOfCharge = Double(step) / 100
      let back = curve.stateOfCharge(at: curve.voltage(at: stateOfCharge))
      #expect((back - stateOfCharge).magnitude < 1e-9, "\(name) at \(stateOfCharge)")
    }
  }
}
