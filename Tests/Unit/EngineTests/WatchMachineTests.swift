import Model
import Ports
import Quantities
import Testing

@testable import Engine

@Suite struct `A live limit` {
  private static func rule(high: Double = 4.6, low: Double? = nil, every: Double = 1) -> WatchRule {
    WatchRule(
      name: "cells", subject: .role(.cellReference), low: low, high: high, every: TimeSpan(every))
  }

  private func machine(_ rule: WatchRule = Self.rule()) -> WatchMachine {
    WatchMachine(rule, subjects: ["cell 1", "cell 2"], at: at(0))
  }

  private func take(
    _ machine: inout WatchMachine, _ sample: WatchMachine.Sample, of subject: Int = 0, at seconds: Double
  ) -> [WatchTrip.Sample]? {
    machine.take(sample, of: subject, at: at(seconds), now: at(seconds))
  }

  @Test func `trips at the second sample in a row outside its band, and says both`() throws {
    var machine = machine()
    #expect(take(&machine, .value(4.7), at: 1) == nil)
    let trip = try #require(take(&machine, .value(4.8), at: 2))
    #expect(trip == [.init(text: "4.7 V", at: 1), .init(text: "4.8 V", at: 2)])
  }

  @Test func `forgets one sample outside when the next lies inside`() {
    var machine = machine()
    for second in stride(from: 1.0, to: 20, by: 2) {
      #expect(take(&machine, .value(4.7), at: second) == nil)
      #expect(take(&machine, .value(3.3), at: second + 1) == nil)
    }
  }

  @Test func `counts each cell for itself`() {
    var machine = machine()
    #expect(take(&machine, .value(4.7), of: 0, at: 1) == nil)
    #expect(take(&machine, .value(4.7), of: 1, at: 2) == nil)
    #expect(take(&machine, .value(3.3), of: 0, at: 3) == nil)
    #expect(take(&machine, .value(4.7), of: 1, at: 4) != nil)
  }

  /// Broken readings against every band: none of them may look like a value inside.
  @Test(arguments: [
    WatchMachine.Sample.value(.nan), .value(.infinity), .value(-.infinity), .value(9.9e37), .value(9.91e37),
    .missing("no answer"),
  ])
  func `takes a sample that is no number as one outside`(_ sample: WatchMachine.Sample) {
    for rule in [Self.rule(), Self.rule(high: 1e300, low: -1e300)] {
      var machine = machine(rule)
      #expect(take(&machine, sample, at: 1) == nil)
      #expect(take(&machine, sample, at: 2) != nil)
    }
  }

  @Test func `takes an old reading as one outside`() {
    var machine = machine()
    #expect(machine.take(.value(3.3), of: 0, at: at(1), now: at(4)) == nil)
    #expect(machine.take(.value(3.3), of: 0, at: at(2), now: at(5)) != nil)
  }

  @Test func `does not count the same reading twice`() {
    var machine = machine()
    #expect(take(&machine, .value(4.7), at: 1) == nil)
    #expect(take(&machine, .value(4.7), at: 1) == nil)
    #expect(machine.count == 1)
  }

  @Test func `holds an open edge open and a value at the edge inside`() {
    var machine = machine()
    for second in 1...5 { #expect(take(&machine, .value(-100), at: Double(second)) == nil) }
    for second in 6...9 { #expect(take(&machine, .value(4.6), at: Double(second)) == nil) }
  }

  @Test func `leaves pauses out of the longest time without a sample`() {
    var machine = machine()
    _ = take(&machine, .value(3), at: 1)
    machine.pause(at: at(1.5))
    machine.resume(at: at(11.5))
    _ = take(&machine, .value(3), at: 12)
    #expect(machine.longestGap == 1)
  }

  /// A step that times something reads the channel itself.
  @Test func `is as old after a pause as its samples within the pause leave it`() {
    var machine = machine()
    _ = take(&machine, .value(3), at: 1)
    machine.pause(at: at(2))
    _ = take(&machine, .value(3), at: 10)
    machine.resume(at: at(12))
    #expect(machine.age(0, at: at(12)) == .zero)
    #expect(machine.age(1, at: at(12)) == .seconds(2), "nothing was read of the other since the beginning")
    #expect(machine.age(0, at: at(15)) == .seconds(3), "a pause must not make up for time after it")
    #expect(machine.longestGap == 1)
  }

  @Test func `counts time without a sample from when something was switched on`() {
    var machine = machine()
    machine.idle(at: at(50))
    for subject in 0...1 { machine.want(subject, isLive: true) }
    _ = take(&machine, .value(3), of: 0, at: 52)
    _ = take(&machine, .value(3), of: 1, at: 57)
    #expect(machine.longestGap == 57 && machine.longestLiveGap == 7)
    machine.end(at: at(69))
    #expect(machine.longestLiveGap == 17)
  }

  @Test func `counts no time in which there was nothing to look at`() {
    var machine = machine()
    for subject in 0...1 { machine.want(subject, isLive: true) }
    for subject in 0...1 { _ = take(&machine, .value(3), of: subject, at: 1) }
    for second in 2...100 { for subject in 0...1 { machine.excuse(subject, at: at(Double(second))) } }
    machine.end(at: at(200))
    #expect(machine.longestLiveGap == 1)
  }

  @Test func `is blind when one of its channels was to be looked at and never was`() {
    var machine = machine()
    machine.want(0, isLive: true)
    _ = take(&machine, .value(3), of: 0, at: 1)
    machine.want(1, isLive: false)
    #expect(!machine.hasBlindSubject)
    machine.want(1, isLive: true)
    machine.excuse(1, at: at(2))
    #expect(machine.hasBlindSubject)
    // A look that failed, and an input beyond its range, show nothing.
    for nothing in [WatchMachine.Sample.missing("no answer"), .value(9.9e37), .value(.nan)] {
      _ = take(&machine, nothing, of: 1, at: 2.5)
      machine.excuse(1, at: at(2.6))
    }
    #expect(machine.hasBlindSubject)
    _ = take(&machine, .value(3), of: 1, at: 3)
    #expect(!machine.hasBlindSubject)
  }
}

@Suite struct `Charge and energy of the loop` {
  @Test func `take the larger of two currents, in either direction`() {
    var integral = LoopIntegral()
    integral.take(10, compliance: 5, at: at(0))
    integral.take(-20, compliance: 5, at: at(2))
    integral.take(0, compliance: 5, at: at(3))
    #expect(integral.charge == 60)
    #expect(integral.energy == 300)
  }

  @Test func `pass over the time in which the loop was open`() {
    var integral = LoopIntegral()
    integral.take(300, compliance: 5, at: at(0))
    integral.interrupt(at: at(2))
    integral.interrupt(at: at(5000))
    integral.take(0, compliance: 5, at: at(10_800))
    integral.take(10, compliance: 5, at: at(10_801))
    #expect(integral.charge == 610)
    #expect(integral.energy == 3050)
  }

  @Test func `take the higher of two compliances`() {
    var integral = LoopIntegral()
    integral.take(100, compliance: 5, at: at(0))
    integral.take(100, compliance: 1, at: at(10))
    integral.take(100, compliance: 2, at: at(20))
    #expect(integral.energy == 7000)
  }
}
