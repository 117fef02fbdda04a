import Capabilities
import Engine
import Model
import Ports

/// How a rig was left after something had been switched on without a run.
public struct RigSafety: Hashable, Sendable {
  /// Instruments that no read-back shows to be off, and why.
  public var problems: [String]
  public var confirmed: Bool { problems.isEmpty }
}

/// Nothing was switched on: everything that stands against it.
struct ProofRefused: Error {
  let reasons: [String]
}

/// A rig that is opened without a run to switch something on, with one way in and one way out.
final class ProofRig {
  /// Errors of opening that did not come last.
  private final class Notes { var errors: [String] = [] }

  let working: WorkingRig
  let world: any World
  private let notes: Notes

  init(_ rig: Rig, world: any World, proofPath: String = "") throws(PortError) {
    let notes = Notes()
    self.notes = notes
    self.world = world
    working = try WorkingRig(
      rig: rig, world: world, cellCount: 24, restVoltage: 0,
      guardChoice: GuardChoice(proofPath: proofPath), recordsTraffic: false
    ) { event in
      guard case .rigError(_, let instrument, let message) = event else { return }
      notes.errors.append("\(instrument): \(message)")
    }
  }

  /// Instruments of which no port could be had.
  var unreached: [String] {
    working.rig.instruments.map(\.name).filter { name in !working.instruments.contains { $0.name == name } }
  }

  /// Opens every instrument and looks whether anything may be switched on. Energises nothing.
  /// - Throws: `ProofRefused`; `WorldStopped`.
  func open() async throws {
    do {
      try await working.open { _ in }
      let faults = try await working.bench.faultsAtRest()
      guard faults.isEmpty else { throw ProofRefused(reasons: faults.map(\.description)) }
    } catch let refused as ProofRefused {
      throw refused
    } catch {
      if let reason = world.stopRequested { throw WorldStopped(reason: reason) }
      throw ProofRefused(reasons: notes.errors + ["\(error)"])
    }
  }

  /// OFF on every link at once, then everything safe and read back, then closed, whatever became of the rest. A stop
  /// waits until it is done.
  func leave() async -> RigSafety {
    world.holdStops = true
    let all = Confined(working.instruments)
    await withTaskGroup(of: Void.self) { group in
      for index in all.value.indices {
        group.addTask {
          // What was not sent, the read-backs find out.
          if let off = all.value[index].instrument as? any OffSwitch { try? await off.sendOff() }
        }
      }
    }
    let problems = await withTaskGroup(of: (Int, String)?.self) { group in
      for index in all.value.indices {
        group.addTask {
          let report = await all.value[index].instrument.makeSafe()
          return report.confirmed ? nil : (index, "\(all.value[index].name): \(report.message)")
        }
      }
      var found: [(Int, String)] = []
      for await one in group { if let one { found.append(one) } }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
    await working.close()
    return RigSafety(problems: problems)
  }
}
