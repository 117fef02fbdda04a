import Engine
import Model
import Quantities
import Testing

@testable import Rigging

/// What a step asks for against the envelope, before anything is opened. Nothing is clamped.
@Suite struct `A step's demand` {
  private func findings(_ role: RoleName, _ value: Double, _ dimension: Dimension) throws -> [Finding] {
    let rig = try ServedRig.file.rig
    let place = SourcePlace(file: "p.yaml", line: 3, column: 5)
    let specification = Specification(
      model: "EK", ratedCurrent: 300, document: "manual", requirements: [], limits: [])
    let procedure = Procedure(
      name: "p", title: "", revision: "1", workflow: .endOfLine, specification: "", chemistry: .lfp,
      cellCount: 24, criticalRule: DecisionRule(name: "", guardFactor: 1),
      otherRule: DecisionRule(name: "", guardFactor: 1), expectedDuration: .zero, phases: [], closing: nil)
    let check = FitCheck(
      procedure: procedure,
      limits: LimitResolver(specification: specification, chemistry: .lfp, workflow: .endOfLine),
      parameters: [:], rig: rig, rigPath: "rig.yaml")
    return check.fence(
      Demand(role: role, quantity: AnyQuantity(value, dimension), purpose: "a test", place: place))
  }

  @Test(arguments: [
    (RoleName.cells, Dimension.voltage, 4.5), (.cells, .voltage, 0), (.loopSource, .current, 350),
    (.loopSource, .current, -350), (.loopSource, .voltage, 5), (.shortBank, .voltage, 48),
    (.auxiliarySupply, .voltage, 100),
  ])
  func `at the envelope's edge fits, and one step beyond it does not`(
    _ role: RoleName, _ dimension: Dimension, _ edge: Double
  ) throws {
    #expect(try findings(role, edge, dimension).isEmpty)
    let beyond = edge > 0 ? edge.nextUp : edge.nextDown
    let found = try findings(role, beyond, dimension)
    #expect(found.count == 1)
    #expect(found[0].message.contains("outside the safety envelope"))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
  func `that is no number, or absurd, never fits`(_ value: Double) throws {
    for (role, dimension) in [
      (RoleName.cells, Dimension.voltage), (.loopSource, .current), (.loopSource, .voltage),
      (.shortBank, .voltage),
      (.auxiliarySupply, .voltage),
    ] {
      #expect(try !findings(role, value, dimension).isEmpty, "\(role)")
    }
  }
}
