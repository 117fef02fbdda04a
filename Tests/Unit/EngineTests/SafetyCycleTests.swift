import Model
import Ports
import Testing

@testable import Engine

/// What feeds the guard and what does not. On one actor, so that whoever waits is seen to wait.
@MainActor @Suite struct `The safety cycle` {
  private final class Stage {
    let world = TestWorld()
    let recorder: EventRecorder
    let cycle: SafetyCycle
    private let told = Told()
    var stops: [String] { told.stops }
    var beats: Int { told.beats }

    private final class Told {
      var stops: [String] = []
      var beats = 0
    }

    private final class Sink: EventSink {
      struct Full: Error {}
      let isFull: Bool
      init(isFull: Bool) { self.isFull = isFull }
      func append(_ event: RunEvent) throws { if isFull { throw Full() } }
    }

    init(diskIsFull: Bool = false) {
      recorder = EventRecorder(world: world, sink: Sink(isFull: diskIsFull))
      let told = told
      cycle = SafetyCycle(world: world, progress: recorder.progress) { told.stops.append($0) }
      cycle.feed { told.beats += 1 }
    }

    /// Cycles as they come, for so long.
    func turn(seconds: Double) async {
      let end = world.now + .seconds(seconds)
      while world.now < end {
        await cycle.once()
        try? await world.sleep(for: SafetyCycle.period)
      }
    }
  }

  private let stage = Stage()

  @Test func `does not feed the guard while a look is stuck, and does when it has come to its end`() async {
    var stuck: CheckedContinuation<Void, Never>?
    stage.cycle.add("interlocks") { await withCheckedContinuation { stuck = $0 } }
    let once = Task { await stage.cycle.once() }
    while stuck == nil { await Task.yield() }
    for _ in 0..<20 { await Task.yield() }
    #expect(stage.beats == 0)
    stuck?.resume()
    await once.value
    #expect(stage.beats == 1)
  }

  @Test func `goes on feeding a run that stops in order after an interlock tripped`() async {
    stage.cycle.add("interlocks") { throw WorldStopped(reason: "cover open") }
    await stage.turn(seconds: 1)
    #expect(stage.stops == ["cover open"] && stage.cycle.trip == "cover open" && !stage.cycle.isFault)
    #expect(stage.beats == 10)
  }

  @Test func `stops a run that gets nowhere, and no longer feeds the guard when it does not heed that`() async
  {
    await stage.turn(seconds: 121)
    #expect(stage.stops == ["the run got nowhere for 120 s"])
    let fed = stage.beats
    await stage.turn(seconds: 1)
    #expect(stage.beats == fed + 10)
    await stage.turn(seconds: 10)
    #expect(stage.beats <= fed + 21)
  }

  @Test func `does not take what its own looks record for a sign of life of the run`() async {
    let recorder = stage.recorder
    stage.cycle.add("interlocks") { recorder.record(.note(step: "", text: "an edge of the bank")) }
    await stage.turn(seconds: 121)
    #expect(stage.stops == ["the run got nowhere for 120 s"])
    #expect(recorder.nextSequence > 1000)
  }

  @Test func `takes what a step records between its looks for one, also when it can no longer be kept`() async
  {
    for stage in [Stage(), Stage(diskIsFull: true)] {
      stage.cycle.add("interlocks") {}
      for _ in 0..<10 {
        await stage.turn(seconds: 60)
        stage.recorder.record(.note(step: "a", text: "measured"))
      }
      #expect(stage.stops.isEmpty && stage.beats > 5900)
    }
  }
}
