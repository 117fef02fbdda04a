import Engine
import Instruments
import Model
import Quantities
import Steps

/// Checks that a rig can do what a procedure asks: roles, uncertainties, reach, fences.
struct FitCheck {
  let procedure: Procedure
  let limits: LimitResolver
  let parameters: [String: FieldValues]
  let rig: Rig
  let rigPath: String

  func findings() -> [Finding] {
    var findings: [Finding] = []
    var lacking: [(role: RoleName, steps: [ProcedureStep])] = []
    var seen: Set<String> = []
    var asked: Set<UncertaintyNeed> = []
    for step in procedure.allPhases.flatMap(\.steps) where seen.insert(step.id).inserted {
      guard let kind = StepCatalog.kind(step.kind) else { continue }
      var roles = parameters[step.id].map { kind.roles(for: $0) } ?? kind.roles
      if let values = parameters[step.id], let text = values.has("role") ? values.optionalText("role") : nil,
        let role = RoleName(rawValue: text)
      {
        roles.append(role)
      }
      for role in roles where rig.role(role) == nil {
        if let index = lacking.firstIndex(where: { $0.role == role }) {
          lacking[index].steps.append(step)
        } else {
          lacking.append((role, [step]))
        }
      }
      let needs = parameters[step.id].map { kind.uncertainties(for: $0) } ?? kind.uncertainties
      findings += uncertainties(needs.filter { !asked.contains($0) }, step)
      asked.formUnion(needs)
      guard let values = parameters[step.id] else { continue }
      let context = ProcedureCheck.context(step, values, limits, procedure.cellCount)
      for demand in kind.demands(context) { findings += reach(demand) + fence(demand) }
    }
    findings += lacking.map { missing($0.role, $0.steps) }
    findings += integrals()
    if let cells = rig.role(.cells), cells.members.count < procedure.cellCount,
      let first = procedure.phases.first?.steps.first
    {
      findings.append(
        Finding(
          place: first.place,
          message:
            "the procedure feeds \(procedure.cellCount) cells, role 'cells' of rig '\(rig.name)' has "
            + "\(cells.members.count)",
          suggestion: "lower 'cells:' under 'unit:', or give the role more channels"))
    }
    return findings
  }

  /// One finding for a role, however many steps need it.
  private func missing(_ role: RoleName, _ steps: [ProcedureStep]) -> Finding {
    let others = steps.count - 1
    let also = others == 0 ? "" : others == 1 ? " and 1 other step need" : " and \(others) other steps need"
    return Finding(
      place: steps[0].place,
      message:
        "step '\(steps[0].id)'\(others == 0 ? " needs" : also) role '\(role.rawValue)', which rig '\(rig.name)' "
        + "does not offer",
      suggestion: "add '\(role.rawValue):' under 'roles:' of \(rigPath)")
  }

  private func uncertainties(_ needs: [UncertaintyNeed], _ step: ProcedureStep) -> [Finding] {
    needs.compactMap { need in
      guard let role = rig.role(need.role), let name = role.instruments.first,
        let instrument = rig.instrument(name),
        instrument.uncertainty(of: need.quantity, for: need.role, at: 1) == nil
      else { return nil }
      return Finding(
        place: step.place,
        message:
          "step '\(step.id)' needs the \(need.quantity) uncertainty of '\(name)' (role '\(need.role.rawValue)')",
        suggestion: "add '\(need.quantity): …' under 'uncertainty:' of '\(name)' in \(rigPath)")
    }
  }

  private func reach(_ demand: Demand) -> [Finding] {
    guard let role = rig.role(demand.role) else { return [] }
    return role.instruments.compactMap { name in
      guard let instrument = rig.instrument(name), let entry = InstrumentCatalog.entry(instrument.driver),
        entry.findings(in: instrument.options).isEmpty, let ranges = try? entry.ranges(instrument.options)
      else { return nil }
      let value = demand.quantity.base
      switch demand.quantity.dimension {
      case .voltage:
        guard let range = ranges.voltage, !(range.lowerBound.base...range.upperBound.base).contains(value)
        else { return nil }
        return cannot(demand, name, "\(range.lowerBound) … \(range.upperBound)")
      case .current:
        guard let maximum = ranges.currentMax, value.magnitude > maximum.base else { return nil }
        return cannot(demand, name, "at most \(maximum)")
      default: return nil
      }
    }
  }

  private func cannot(_ demand: Demand, _ name: String, _ range: String) -> Finding {
    Finding(
      place: demand.place,
      message: "'\(name)' cannot reach \(demand.quantity) (\(demand.purpose)); it does \(range)",
      suggestion: "choose another value or another instrument for role '\(demand.role.rawValue)'")
  }

  /// Charge and energy of currents whose duration is known, against the live limits that would trip over them.
  private func integrals() -> [Finding] {
    var charge = 0.0
    var findings: [Finding] = []
    var seen: Set<String> = []
    for step in procedure.allPhases.flatMap(\.steps) where seen.insert(step.id).inserted {
      guard let kind = StepCatalog.kind(step.kind), let values = parameters[step.id] else { continue }
      for demand in kind.demands(ProcedureCheck.context(step, values, limits, procedure.cellCount)) {
        guard demand.role == .loopSource, demand.quantity.dimension == .current,
          let duration = demand.duration
        else { continue }
        charge += demand.quantity.base.magnitude * duration.base
        let energy = charge * rig.envelope.loopComplianceMax.base
        for (quantity, total) in [(WatchQuantity.loopCharge, charge), (.loopEnergy, energy)] {
          guard let rule = rig.watches.first(where: { $0.isOn && $0.subject == .quantity(quantity) }),
            let high = rule.high, !(total <= high)
          else { continue }
          findings.append(
            Finding(
              place: demand.place,
              message: "until the end of step '\(step.id)' the loop passes "
                + "\(AnyQuantity(total, quantity.dimension).formatted()), live limit '\(rule.name)' of rig "
                + "'\(rig.name)' allows \(rule.bandWords)",
              suggestion: "shorten the step, or allow more under 'watch:' of \(rigPath)"))
        }
      }
    }
    return findings
  }

  /// Nothing is clamped: what lies outside is refused, and what is no number does, too.
  func fence(_ demand: Demand) -> [Finding] {
    let envelope = rig.envelope
    let range: ClosedRange<Double>? =
      switch (demand.role, demand.quantity.dimension) {
      case (.cells, .voltage): envelope.cellVoltageMin.base...envelope.cellVoltageMax.base
      case (.shortBank, .voltage): 0...envelope.shortBankVoltageMax.base
      case (.loopSource, .voltage): 0...envelope.loopComplianceMax.base
      case (.auxiliarySupply, .voltage): 0...envelope.auxiliaryVoltageMax.base
      case (.loopSource, .current): -envelope.loopCurrentMax.base...envelope.loopCurrentMax.base
      default: nil
      }
    guard let range, !range.contains(demand.quantity.base) else { return [] }
    return [
      Finding(
        place: demand.place,
        message:
          "\(demand.quantity) (\(demand.purpose)) lies outside the safety envelope of rig '\(rig.name)'",
        suggestion: "choose a value inside 'envelope:' of \(rigPath)")
    ]
  }
}
