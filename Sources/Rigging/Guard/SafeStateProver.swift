import Capabilities
import Engine
import Instruments
import Model
import Ports

/// Makes a rig safe without a run: whatever answers is told OFF, then the rig file's sequence is performed and read
/// back.
///
/// Drivers refuse to open an instrument whose output is on, and leave it alone. Here that is what is looked for: all
/// goes on after it, on every instrument that could be connected.
public struct SafeStateProver {
  public struct Outcome: Hashable, Sendable {
    public let safeState: SafeStateResult
    /// What was not as a driver wants to find it, in words: missing, silent, on although nothing switched it on.
    public let notes: [String]
  }

  private let rig: Rig
  private let world: any World
  private let record: (RunEvent.Body) -> Void

  /// - Parameter record: Where the raw traffic goes.
  public init(rig: Rig, world: any World, record: @escaping (RunEvent.Body) -> Void = { _ in }) {
    self.rig = rig
    self.world = world
    self.record = record
  }

  /// Holds stops off meanwhile: only its own time limits end it.
  /// - Throws: `PortError` when an address of the rig file means nothing; nothing was opened then.
  public func run() async throws(PortError) -> Outcome {
    let held = world.holdStops
    world.holdStops = true
    defer { world.holdStops = held }
    let notes = Notes()
    let driving = rig.instruments.filter { !Self.isLines($0) }
    if driving.count < rig.instruments.count { try await calm(driving, notes) }
    let working = try await open(rig, notes)
    let sequence = SafeStateSequence(bench: working.bench)
    await sequence.offAtOnce(cells: true)
    let result = await sequence.makeSafe()
    await working.close()
    return Outcome(safeState: result, notes: notes.lines)
  }

  private final class Notes {
    var lines: [String] = []
    func add(_ instrument: String, _ message: String) {
      let line = "\(instrument): \(message)"
      if !lines.contains(line) { lines.append(line) }
    }
  }

  private func open(_ rig: Rig, _ notes: Notes) async throws(PortError) -> WorkingRig {
    let cells = rig.role(.cells)?.members.count ?? 0
    let working = try WorkingRig(
      rig: rig, world: world, cellCount: cells, restVoltage: 0
    ) { [record] body in
      if case .rigError(_, let instrument, let message) = body { notes.add(instrument, message) }
      record(body)
    }
    do { try await working.open { _ in } } catch {
      let (instrument, message) = Runner.culprit(error)
      notes.add(instrument, message)
    }
    return working
  }

  // MARK: before the lines are taken

  private static func isLines(_ instrument: RigInstrument) -> Bool {
    guard let entry = InstrumentCatalog.entry(instrument.driver),
      let address = try? PortAddress(parsing: instrument.address)
    else { return false }
    return entry.portKind(for: address.scheme) == .lines
  }

  /// Switches off what drives before a bank of lines is taken: taking it sets its outputs to their safe level, and no
  /// contactor may open under load. A source that cannot be told to stop stops by itself when it hears nothing.
  private func calm(_ instruments: [RigInstrument], _ notes: Notes) async throws(PortError) {
    var part = rig
    part.instruments = instruments
    let working = try await open(part, notes)
    let sequence = SafeStateSequence(bench: working.bench)
    await sequence.offAtOnce(cells: true)
    let result = await sequence.calm()
    await working.close()
    guard !Self.isUnloaded(result), let silence = rig.sourceSilence else { return }
    // Cancelled by nobody, and stops are held.
    try? await world.sleep(for: silence)
  }

  /// By what sees the current; where the rig file asks nobody, by what the source says of itself.
  private static func isUnloaded(_ result: SafeStateResult) -> Bool {
    func entry(_ action: SafeStateStep.Action) -> SafeStateResult.Entry? {
      result.entries.first { $0.action == action.rawValue }
    }
    return (entry(.loopCurrentFalls) ?? entry(.loopOff))?.confirmed == true
  }
}
