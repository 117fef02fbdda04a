import Engine
import Ports
import Testing

/// Edges of one line at the given seconds, the first one on.
private func edges(_ seconds: [Double], first: Bool = true) -> [LineEdge] {
  seconds.enumerated().map { LineEdge(line: 1, level: ($0.offset % 2 == 0) == first, at: at($0.element)) }
}

/// A square wave that begins with on.
private func flashes(_ hertz: Double, from start: Double, to end: Double, duty: Double = 0.5) -> [LineEdge] {
  var seconds: [Double] = []
  var n = 0.0
  while start + n / hertz < end {
    seconds += [start + n / hertz, start + (n + duty) / hertz]
    n += 1
  }
  return edges(seconds.filter { $0 < end })
}

private func pattern(_ edges: [LineEdge], level: Bool = false, from: Double = 10, to: Double = 14)
  -> LightPattern
{
  LightPattern(edges: edges, level: level, from: at(from), to: at(to))
}

@Suite struct `A light in a window` {
  @Test func `is what it was when nothing happens`() {
    #expect(pattern([]) == .off)
    #expect(pattern([], level: true) == .steady)
  }

  @Test func `is what the edges before the window left it`() {
    #expect(pattern(edges([1])) == .steady)
    #expect(pattern(edges([1, 2])) == .off)
    #expect(pattern(edges([1, 2, 3])) == .steady)
  }

  @Test func `that was switched once is not flashing`() {
    #expect(pattern(edges([11])) == .steady)
    #expect(pattern(edges([1, 11])) == .off)
    #expect(pattern(edges([11, 12])) == .off)
    #expect(pattern(edges([1, 11, 12])) == .steady)
  }

  @Test(arguments: [0.5, 1, 2, 3, 4.9]) func `flashes at the rate of its periods`(_ hertz: Double) {
    guard case .flashing(let seen) = pattern(flashes(hertz, from: 9, to: 20)) else {
      Issue.record("not seen as flashing")
      return
    }
    #expect((seen - hertz).magnitude < 1e-6 * hertz)
  }

  @Test(arguments: [0.1, 0.9]) func `flashes whatever the share of on time`(_ duty: Double) {
    #expect(pattern(flashes(1, from: 10.05, to: 20, duty: duty)).word == "flashing")
  }

  @Test func `outside the flash rates is no flash`() {
    #expect(pattern(flashes(8, from: 9, to: 13.9)).word != "flashing")
    #expect(pattern(flashes(0.1, from: 0, to: 60), from: 0, to: 60).word != "flashing")
  }

  @Test func `does not see what comes after the window`() {
    #expect(pattern(flashes(1, from: 14.1, to: 30)) == .off)
  }

  @Test func `is not fooled by a sensor that chatters`() {
    let once = edges([11, 11.0001, 11.0002, 11.0003, 11.0004])
    #expect(pattern(once) == .steady)
    var chattering: [LineEdge] = []
    for edge in flashes(3, from: 9, to: 20) {
      for n in 0..<3 {
        chattering.append(
          LineEdge(line: 1, level: (n % 2 == 0) == edge.level, at: edge.at + .microseconds(Double(n) * 90)))
      }
    }
    guard case .flashing(let hertz) = pattern(chattering) else {
      Issue.record("not seen as flashing")
      return
    }
    #expect((hertz - 3).magnitude < 0.001)
  }

  @Test func `ignores an edge that repeats the level`() {
    let twice = [1.0, 11, 12, 13].map { LineEdge(line: 1, level: true, at: at($0)) }
    #expect(pattern(twice) == .steady)
  }
}

@Suite struct `The buzzer in a window` {
  private func buzzer(_ seconds: [Double], from: Double = 10, to: Double = 20) -> BuzzerPattern {
    BuzzerPattern(edges: edges(seconds), from: at(from), to: at(to))
  }

  @Test func `gives begin and length of each burst`() {
    let bursts = buzzer([11, 11.25, 12, 12.5]).bursts
    #expect(bursts.map(\.at) == [at(11), at(12)])
    #expect(bursts.map(\.length) == [.milliseconds(250), .milliseconds(500)])
  }

  @Test func `leaves out a burst that began before`() {
    #expect(buzzer([9.9, 10.1, 11, 11.1]).bursts.map(\.at) == [at(11)])
  }

  @Test func `cuts a burst that has not ended`() {
    #expect(buzzer([19]).bursts.map(\.length) == [.seconds(1)])
    #expect(buzzer([19, 25]).bursts.map(\.length) == [.seconds(1)])
  }

  @Test func `does not hear what comes after`() { #expect(buzzer([21, 22]).bursts.isEmpty) }

  @Test func `takes chatter at the edges for one burst`() {
    let bursts = buzzer([11, 11.0001, 11.0002, 11.2, 11.2001, 11.2002]).bursts
    #expect(bursts.count == 1)
    #expect(bursts.allSatisfy { ($0.length.seconds - 0.2).magnitude < 0.001 })
  }

  @Test func `sorts bursts into groups by the gaps between them`() {
    let pattern = buzzer([11, 11.1, 11.3, 11.4, 13, 13.1, 13.3, 13.4, 13.6, 13.7, 16, 16.1])
    #expect(pattern.groups(gap: .milliseconds(500)).map(\.count) == [2, 3, 1])
    #expect(pattern.groups(gap: .seconds(10)).map(\.count) == [6])
    #expect(buzzer([]).groups(gap: .seconds(1)).isEmpty)
  }
}
