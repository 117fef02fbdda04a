import Testing

@testable import Engine

/// Small and seeded, so that a failure can be repeated.
private struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var x = state
    x ^= x >> 33
    x = x &* 0xff51_afd7_ed55_8ccd
    return x ^ (x >> 33)
  }
}

/// A finished walk: every action in order.
private struct Walk {
  var actions: [RunMachine.Action] = []
  var opened = true
  /// The action that something tripped in.
  var trip: Int?
  let phases: [Int]
  let closingSteps: Int

  func index(_ action: RunMachine.Action) -> Int? { actions.firstIndex(of: action) }
  func count(_ action: RunMachine.Action) -> Int { actions.count { $0 == action } }

  /// What must hold however a run goes.
  func expectOrderly(_ comment: Comment) {
    #expect(actions.first == .openRig, comment)
    #expect(actions.last == .end, comment)
    for once in [RunMachine.Action.openRig, .holdStops, .makeSafe, .end] {
      #expect(count(once) == 1, comment)
    }
    #expect(index(.holdStops)! < index(.makeSafe)!, comment)
    #expect(actions.suffix(2) == [.makeSafe, .end], comment)
    if let trip {
      expectNothingAfter(trip, comment)
    } else {
      #expect(count(.calm) == (opened ? 1 : 0), comment)
      #expect(closing == (opened ? Array(0..<closingSteps) : []), comment)
      if opened, closingSteps > 0 {
        #expect(count(.startPhase(phases.count)) == 1 && count(.endPhase(phases.count)) == 1, comment)
      }
    }
    if let calm = index(.calm) {
      #expect(index(.holdStops)! < calm, comment)
      #expect(
        actions[calm...].allSatisfy {
          if case .runStep(let phase, _) = $0 { phase == phases.count } else { true }
        }, comment)
    }
    expectPhasesPair(comment)
  }

  /// Steps of the closing phase that were performed.
  private var closing: [Int] {
    actions.compactMap {
      if case .runStep(let phase, let step) = $0, phase == phases.count { step } else { nil }
    }
  }

  /// A trip leads past everything that is still to come, wherever it was.
  private func expectNothingAfter(_ trip: Int, _ comment: Comment) {
    for action in actions[(trip + 1)...] {
      switch action {
      case .endPhase, .holdStops, .makeSafe, .end: break
      case .openRig, .startPhase, .runStep, .calm: Issue.record(comment)
      }
    }
    #expect(closing == Array(0..<closing.count), comment)
  }

  /// Every phase that began ends, and none begins inside another.
  private func expectPhasesPair(_ comment: Comment) {
    var open: Int?
    for action in actions {
      switch action {
      case .startPhase(let phase):
        #expect(open == nil, comment)
        open = phase
      case .endPhase(let phase):
        #expect(open == phase, comment)
        open = nil
      case .runStep(let phase, _): #expect(open == phase, comment)
      case .calm, .makeSafe, .end: #expect(open == nil, comment)
      case .openRig, .holdStops: break
      }
    }
  }
}

private let ends: [RunMachine.StepEnd] = [
  .passed, .failed(.goOn), .failed(.endPhase), .failed(.stop), .error, .stopped, .tripped,
]

private func walk(
  _ phases: [Int], closing: Int, opens: Bool = true, calms: Bool = true, _ end: () -> RunMachine.StepEnd
) -> (Walk, RunMachine) {
  var machine = RunMachine(phases: phases, closingSteps: closing)
  var walk = Walk(opened: opens, phases: phases, closingSteps: closing)
  var pending = machine.handle(.start)
  while !pending.isEmpty {
    let action = pending.removeFirst()
    walk.actions.append(action)
    let input: RunMachine.Input? =
      switch action {
      case .openRig: opens ? .opened : .openFailed
      case .runStep: .stepEnded(end())
      case .calm: calms ? .calmed : .tripped
      case .makeSafe: .madeSafe(confirmed: true)
      case .startPhase, .endPhase, .holdStops, .end: nil
      }
    if [.tripped, .stepEnded(.tripped)].contains(input) { walk.trip = walk.actions.count - 1 }
    if let input { pending = machine.handle(input) + pending }
  }
  return (walk, machine)
}

@Suite struct `The course of a run` {
  @Test(arguments: [[], [0], [1], [2], [1, 1], [0, 1], [2, 0, 1], [1, 2]], [0, 1, 2])
  func `leads through stop hold, calm, closing and safe state on every way out`(
    _ phases: [Int], _ closing: Int
  ) {
    let steps = phases.reduce(0, +) + closing
    var ways = 1
    for _ in 0..<steps { ways *= ends.count }
    for way in 0..<ways {
      var rest = way
      let (walk, machine) = walk(phases, closing: closing) {
        defer { rest /= ends.count }
        return ends[rest % ends.count]
      }
      walk.expectOrderly("phases \(phases), closing \(closing), way \(way)")
      #expect(machine.isEnded)
      if walk.trip != nil { #expect(machine.leftAt != nil) }
    }
  }

  @Test(arguments: [[], [1], [2, 3]]) func `makes safe what could not be opened completely`(_ phases: [Int]) {
    let (walk, machine) = walk(phases, closing: 2, opens: false) { .passed }
    #expect(walk.actions == [.openRig, .holdStops, .makeSafe, .end])
    #expect(machine.leftAt.map { [$0.phase, $0.step] } == [0, 0])
  }

  @Test(arguments: 0..<400) func `is orderly for any procedure and any luck`(_ seed: UInt64) {
    var dice = Dice(state: seed)
    let phases = (0..<Int.random(in: 0...6, using: &dice)).map { _ in Int.random(in: 0...9, using: &dice) }
    let (walk, machine) = walk(
      phases, closing: .random(in: 0...4, using: &dice), opens: .random(in: 0...9, using: &dice) > 0,
      calms: .random(in: 0...9, using: &dice) > 0
    ) { ends.randomElement(using: &dice)! }
    walk.expectOrderly("seed \(seed)")
    #expect(machine.isEnded)
  }

  @Test func `runs every step once and in order when nothing goes wrong`() {
    let (walk, machine) = walk([2, 0, 1], closing: 1) { .passed }
    let expected: [RunMachine.Action] = [
      .openRig, .startPhase(0), .runStep(phase: 0, step: 0), .runStep(phase: 0, step: 1), .endPhase(0),
      .startPhase(1),
      .endPhase(1), .startPhase(2), .runStep(phase: 2, step: 0), .endPhase(2), .holdStops, .calm,
      .startPhase(3),
      .runStep(phase: 3, step: 0), .endPhase(3), .makeSafe, .end,
    ]
    #expect(walk.actions == expected)
    #expect(machine.leftAt == nil)
  }

  @Test func `goes on after a failure that allows it`() {
    let (walk, _) = walk([2, 1], closing: 0) { .failed(.goOn) }
    #expect(walk.count(.runStep(phase: 1, step: 0)) == 1)
  }

  @Test func `finishes the phase and no more after a failure that says so`() {
    let (walk, machine) = walk([2, 1], closing: 0) { .failed(.endPhase) }
    #expect(walk.count(.runStep(phase: 0, step: 1)) == 1)
    #expect(walk.count(.runStep(phase: 1, step: 0)) == 0)
    #expect(machine.leftAt.map { [$0.phase, $0.step] } == [0, 2])
  }

  @Test(arguments: [RunMachine.StepEnd.failed(.stop), .error, .stopped])
  func `stops at once after`(_ end: RunMachine.StepEnd) {
    let (walk, machine) = walk([2, 1], closing: 0) { end }
    #expect(walk.count(.runStep(phase: 0, step: 1)) == 0)
    #expect(machine.leftAt.map { [$0.phase, $0.step] } == [0, 1])
  }
}

/// Of a live limit or an interlock.
@Suite struct `A trip` {
  @Test func `leads past calm and closing straight to the safe state`() {
    var machine = RunMachine(phases: [2], closingSteps: 3)
    _ = machine.handle(.start)
    _ = machine.handle(.opened)
    #expect(machine.handle(.stepEnded(.tripped)) == [.endPhase(0), .holdStops, .makeSafe])
    #expect(machine.leftAt.map { [$0.phase, $0.step] } == [0, 1])
    #expect(machine.handle(.madeSafe(confirmed: true)) == [.end])
  }

  @Test func `in the closing phase ends it there`() {
    var machine = RunMachine(phases: [1], closingSteps: 3)
    _ = machine.handle(.start)
    _ = machine.handle(.opened)
    _ = machine.handle(.stepEnded(.passed))
    _ = machine.handle(.calmed)
    #expect(machine.handle(.stepEnded(.tripped)) == [.endPhase(1), .makeSafe])
    // What drives is then off before anything is asked.
    #expect(machine.leftAt.map { [$0.phase, $0.step] } == [1, 1])
    #expect(machine.handle(.madeSafe(confirmed: false)) == [.end])
  }

  @Test(arguments: [RunMachine.StepEnd.passed, .error])
  func `after the last step leads past the closing phase`(_ end: RunMachine.StepEnd) {
    var machine = RunMachine(phases: [1], closingSteps: 3)
    _ = machine.handle(.start)
    _ = machine.handle(.opened)
    _ = machine.handle(.stepEnded(end))
    #expect(machine.handle(.tripped) == [.makeSafe])
    #expect(machine.leftAt.map { [$0.phase, $0.step] } == (end == .passed ? [1, 0] : [0, 1]))
  }
}
