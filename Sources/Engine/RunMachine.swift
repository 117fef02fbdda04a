import Model

/// The course of a run as a pure machine: input in, actions out. No clock, no I/O.
///
/// Course: open the rig → phases and steps → calm (loop and short off) → closing phase → safe state → end.
/// Every way out leads through calm, closing and safe state; once the rig was touched nothing can skip them. Only a
/// trip goes straight to the safe state: of a live limit, because what crossed it may be what the closing phase would
/// leave on; of an interlock, because somebody's hand may be where the cells are live.
public struct RunMachine: Sendable {
  public enum Input: Hashable, Sendable {
    case start
    case opened
    /// The rig could not be opened completely; whatever is open must be made safe.
    case openFailed
    case stepEnded(StepEnd)
    case calmed
    /// Something tripped after the last step, or while the rig was being calmed.
    case tripped
    case madeSafe(confirmed: Bool)
  }

  /// How a step ended, as far as the course is concerned.
  public enum StepEnd: Hashable, Sendable {
    case passed
    case failed(FailAction)
    /// The rig's fault.
    case error
    case stopped
    /// A live limit was crossed or an interlock tripped: nothing but the safe state is done any more.
    case tripped
  }

  public enum Action: Hashable, Sendable {
    case openRig
    case startPhase(Int)
    case endPhase(Int)
    /// Phase index (`phases.count` is the closing phase) and step index.
    case runStep(phase: Int, step: Int)
    case calm
    /// Stops are ignored from here on.
    case holdStops
    case makeSafe
    case end
  }

  enum State: Hashable, Sendable {
    case idle, opening, running(phase: Int, step: Int), calming, closing(step: Int), makingSafe, ended
  }

  private(set) var state = State.idle
  /// Steps per phase.
  let phases: [Int]
  let closingSteps: Int
  /// Phase (`phases.count` is the closing phase) and step at which the regular course was left, nil when it ran to its
  /// end.
  public private(set) var leftAt: (phase: Int, step: Int)?
  private var endAfterPhase = false

  public init(procedure: Procedure) {
    self.init(
      phases: procedure.phases.map(\.steps.count), closingSteps: procedure.closing?.steps.count ?? 0)
  }

  public init(phases: [Int], closingSteps: Int) {
    self.phases = phases
    self.closingSteps = closingSteps
  }

  public var isEnded: Bool { state == .ended }
  var isMakingSafe: Bool { state == .makingSafe }

  public mutating func handle(_ input: Input) -> [Action] {
    switch (state, input) {
    case (.idle, .start):
      state = .opening
      return [.openRig]
    case (.opening, .opened): return enter(phase: 0)
    case (.opening, .openFailed):
      leftAt = (0, 0)
      state = .makingSafe
      return [.holdStops, .makeSafe]
    case (.running(let phase, let step), .stepEnded(let end)): return afterStep(phase, step, end)
    case (.calming, .calmed): return closing(from: 0)
    case (.calming, .tripped):
      leftAt = leftAt ?? (phases.count, 0)
      state = .makingSafe
      return [.makeSafe]
    case (.closing(let step), .stepEnded(.tripped)):
      leftAt = leftAt ?? (phases.count, step + 1)
      state = .makingSafe
      return [.endPhase(phases.count), .makeSafe]
    case (.closing(let step), .stepEnded): return closing(from: step + 1)
    case (.makingSafe, .madeSafe):
      state = .ended
      return [.end]
    default:
      preconditionFailure("run machine: input \(input) in state \(state)")
    }
  }

  private mutating func enter(phase: Int) -> [Action] {
    guard phase < phases.count else { return calm() }
    guard phases[phase] > 0 else { return [.startPhase(phase), .endPhase(phase)] + enter(phase: phase + 1) }
    state = .running(phase: phase, step: 0)
    return [.startPhase(phase), .runStep(phase: phase, step: 0)]
  }

  private mutating func afterStep(_ phase: Int, _ step: Int, _ end: StepEnd) -> [Action] {
    switch end {
    case .passed, .failed(.goOn): break
    case .failed(.endPhase): endAfterPhase = true
    case .tripped:
      leftAt = (phase, step + 1)
      state = .makingSafe
      return [.endPhase(phase), .holdStops, .makeSafe]
    case .failed(.stop), .error, .stopped:
      leftAt = (phase, step + 1)
      return [.endPhase(phase)] + calm()
    }
    if step + 1 < phases[phase] {
      state = .running(phase: phase, step: step + 1)
      return [.runStep(phase: phase, step: step + 1)]
    }
    if endAfterPhase {
      leftAt = (phase, step + 1)
      return [.endPhase(phase)] + calm()
    }
    return [.endPhase(phase)] + enter(phase: phase + 1)
  }

  private mutating func calm() -> [Action] {
    state = .calming
    return [.holdStops, .calm]
  }

  private mutating func closing(from step: Int) -> [Action] {
    let phase = phases.count
    if step < closingSteps {
      state = .closing(step: step)
      return (step == 0 ? [.startPhase(phase)] : []) + [.runStep(phase: phase, step: step)]
    }
    state = .makingSafe
    return (closingSteps > 0 ? [.endPhase(phase)] : []) + [.makeSafe]
  }
}
