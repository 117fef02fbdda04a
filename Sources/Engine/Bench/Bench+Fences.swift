import Capabilities
import Model
import Ports
import Quantities

/// Fences inside the instruments that drive energy.
extension Bench {
  private struct Guarded {
    let role: RoleName
    let levels: FenceLevels
    /// Roles of which a live limit sees when this one goes too far.
    let seenBy: [RoleName]
  }

  /// What drives energy, and how far the envelope lets it go.
  private var guarded: [Guarded] {
    let envelope = rig.envelope
    let open = Current(.greatestFiniteMagnitude)
    return [
      Guarded(
        role: .cells, levels: FenceLevels(voltage: envelope.cellVoltageMax, current: open),
        seenBy: [.cellReference, .cells]),
      Guarded(
        role: .loopSource,
        levels: FenceLevels(voltage: envelope.loopComplianceMax, current: envelope.loopCurrentMax),
        seenBy: [.loopCurrent, .loopSource]),
      Guarded(
        role: .auxiliarySupply, levels: FenceLevels(voltage: envelope.auxiliaryVoltageMax, current: open),
        seenBy: []),
      Guarded(
        role: .shortBank, levels: FenceLevels(voltage: envelope.shortBankVoltageMax, current: open),
        seenBy: [.shortBank]),
    ]
  }

  /// Programs the trip levels of every instrument that drives energy, and reads them back. Outputs are off.
  /// - Throws: what a driver throws when a level does not read back: then nothing may be switched on.
  func programFences() async throws {
    fences = []
    for guarded in guarded {
      for (instrument, channels) in groups(guarded.role) {
        guard let fenced = instrument as? any Fenced else {
          fences.append(lacking(guarded, instrument))
          continue
        }
        let levels = try await fenced.program(guarded.levels, channels: channels)
        if let wrong = levels.first(where: { !$0.isInForce }) {
          throw RigFault(
            instrument: instrument.name,
            message: "its \(wrong.name) fence reads back \(wrong.readBack.formatted()), "
              + "\(wrong.programmed.formatted()) was set. Nothing is switched on without it")
        }
        fences += levels.map { state($0, of: instrument, guarded.role) }
      }
    }
  }

  /// Reads all of them back once more: one that changed meanwhile protected nothing.
  func confirmFences() async {
    guard !fences.isEmpty else { return }
    var now: [FenceState] = []
    for guarded in guarded {
      for (instrument, channels) in groups(guarded.role) {
        guard let fenced = instrument as? any Fenced else {
          now.append(lacking(guarded, instrument))
          continue
        }
        do {
          now += try await fenced.fences(channels: channels).map { state($0, of: instrument, guarded.role) }
        } catch {
          now += fences.filter { $0.instruments == [instrument.name] && $0.kind == .instrument }.map {
            var lost = $0
            lost.state = .lost
            lost.note = "not confirmed at the end: \(error)"
            lost.forbidsPass = true
            return lost
          }
        }
      }
    }
    fences = now
  }

  private func groups(_ role: RoleName) -> [(any Instrument, [Int])] {
    var groups: [(any Instrument, [Int])] = []
    for member in members[role] ?? [] {
      if let index = groups.firstIndex(where: { $0.0 === member.instrument }) {
        groups[index].1.append(member.channel)
      } else {
        groups.append((member.instrument, [member.channel]))
      }
    }
    return groups
  }

  private func state(_ fence: ProgrammedFence, of instrument: any Instrument, _ role: RoleName) -> FenceState
  {
    FenceState(
      name: "\(role.rawValue) \(fence.name)", kind: .instrument, state: fence.isInForce ? .armed : .lost,
      instruments: [instrument.name], programmed: fence.programmed.formatted(),
      readBack: fence.readBack.formatted(), note: "", forbidsPass: !fence.isInForce)
  }

  /// An instrument without trip levels may stand behind a live limit, and then only.
  private func lacking(_ guarded: Guarded, _ instrument: any Instrument) -> FenceState {
    let limit = rig.watches.first { rule in
      guard rule.isOn, case .role(let role) = rule.subject else { return false }
      return guarded.seenBy.contains(role) && has(role)
    }
    return FenceState(
      name: "\(guarded.role.rawValue) trip levels", kind: .instrument, state: .none,
      instruments: [instrument.name],
      note: limit.map { "stands behind the live limit '\($0.name)'" }
        ?? "the instrument has none and no live limit sees it; add one under 'watch:' of the rig file",
      forbidsPass: limit == nil)
  }
}

/// What live limits need to know of the rig.
extension Bench {
  /// What active lines do to the cells.
  func cellsSpoiled(by lines: [(role: RoleName, member: Int)]) -> Set<Int> {
    var cells: Set<Int> = []
    for (role, member) in lines {
      switch role {
      case .nodeRelays: cells.formUnion([member, member + 1])
      case .nodeCrossing:
        let node = rig.wiring.fixture.crossedNode ?? 0
        cells.formUnion([node, node + 1, node + 2])
      case .lineResistors:
        let node = rig.wiring.fixture.resistorNode ?? 0
        cells.formUnion([node, node + 1])
      default: break
      }
    }
    return cells
  }

  /// The pack's terminals carry what the cells add up to.
  var packIsFed: Bool {
    cellOutputsOn
      && (!has(.emulatorContactor) || activeLines.contains { $0.role == .emulatorContactor })
  }

  /// Its contactor, where it has one, is closed.
  var loopIsClosed: Bool {
    !has(.loopContactor) || activeLines.contains { $0.role == .loopContactor }
  }

  func shortBankReading() async throws -> Reading {
    let (supply, member) = try instrument(.shortBank, as: (any Supply).self)
    return try await supply.measureVoltage(channel: member.channel)
  }

  /// Nothing but the step speaks on the links of a role while `body` runs: it times something there.
  ///
  /// Live limits that are read over the same link pause meanwhile, and the record says for how long and why; readings
  /// of the step itself still count as samples.
  public func timing<T>(on role: RoleName, _ why: String, _ body: () async throws -> T) async throws -> T {
    watch?.hold(role, why: why)
    defer { watch?.release(role) }
    return try await body()
  }
}
