import Guarding
import Ports
import Testing

@Suite struct `A guard's plan` {
  static let full = GuardPlan(
    run: "EK 24 é-1", silence: .milliseconds(400), proofPath: "/tmp/a b/EK.guard.json",
    permit: .init(link: 1, line: 50, level: false),
    links: [
      .init(
        name: "source", address: try! PortAddress(parsing: "tcp://127.0.0.1:30000"), medium: .stream,
        isShared: true, gap: .milliseconds(20)),
      .init(
        name: "lines", address: try! PortAddress(parsing: "gpio://gpiochip0"), medium: .lines,
        isShared: false,
        gap: .zero),
    ],
    steps: [
      .init(
        name: "loop-off", within: .milliseconds(500),
        orders: [
          .init(
            link: 0, messages: [Array("CURR 0\n".utf8), Array("OUTP OFF\n".utf8)],
            looks: [.init(question: Array("OUTP?\n".utf8), expected: .off)])
        ]),
      .init(
        name: "terminals-dead", within: .seconds(5), hold: .seconds(62),
        lack: "no voltmeter for 'port-voltage'",
        drives: [.init(link: 1, line: 2, level: true)], drivesAtOnce: true,
        senses: [.init(link: 1, line: 3, level: false)],
        waits: [
          .init(
            link: 0, messages: [],
            looks: [
              .init(
                prepare: [[1, 2], [3]], question: [0xFF, 0], expected: .below(4.999, count: 2, stride: 1)),
              .init(question: [9], expected: .bitsClear(1, count: 24)),
              .init(question: [9], expected: .exactly([1, 2, 3])),
            ])
        ]),
    ])

  @Test func `reads as it was written`() throws {
    #expect(try GuardPlan(text: Self.full.text) == Self.full)
  }

  @Test func `is refused whole when any line of it is not understood`() {
    let lines = Self.full.text.split(separator: "\n").map(String.init)
    for index in lines.indices {
      var changed = lines
      changed[index] += " x"
      #expect(throws: GuardPlanError.self, "\(lines[index])") {
        try GuardPlan(text: changed.joined(separator: "\n") + "\n")
      }
    }
    #expect(throws: GuardPlanError.self) { try GuardPlan(text: lines.dropLast().joined(separator: "\n")) }
    #expect(throws: GuardPlanError.self) { try GuardPlan(text: "") }
  }

  @Test(arguments: ["run", "silence", "end"])
  func `is refused without what every plan has`(_ word: String) {
    let lines = Self.full.text.split(separator: "\n").filter { !$0.hasPrefix(word) }
    #expect(throws: GuardPlanError.self) { try GuardPlan(text: lines.joined(separator: "\n") + "\n") }
  }

  /// Each line alone, in a plan with one link that is otherwise right.
  @Test(arguments: [
    ("order 0\nprepare 0a", "no look was begun"), ("order 0\nsend +f", "'+f' is not hex"),
    ("order 0\nsend", "is not understood"), ("order 0\nlook bytes:-1 00", "'-1' is not hex"),
    ("lack ff", "'ff' is no text"), ("drive 0 +1 1", "'+1' is no number"),
    ("drive 0 01 1", "'01' is no number"), ("drive 0 1 2", "'2' is no level"),
    ("at-once 1", "not understood"),
  ])
  func `takes nothing for what it is not`(_ lines: String, _ why: String) throws {
    func plan(_ lines: String) -> String {
      "bmsrig-guard-plan 2\nrun 41\nsilence 400000000\nlink lines single 0 42 "
        + "6770696f3a2f2f6770696f6368697030\nstep 1 loop-off\n\(lines)\nend\n"
    }
    #expect(try GuardPlan(text: plan("order 0\nsend 0f")).steps[0].orders[0].messages == [[15]])
    do throws(GuardPlanError) {
      _ = try GuardPlan(text: plan(lines))
      Issue.record("it was taken")
    } catch { #expect(error.description.contains(why), "\(error)") }
  }
}

@Suite struct `An answer to the guard` {
  @Test(arguments: [
    (GuardExpectation.off, "0\n", true), (.off, "OFF\r\n", true), (.off, "+0\n", true), (.off, "1\n", false),
    (.off, "\n", false), (.off, "nan\n", false), (.off, "0,0\n", false),
    (.bitsClear(1, count: 3), "65536,0,262144\n", true), (.bitsClear(1, count: 3), "65536,0,1\n", false),
    (.bitsClear(1, count: 3), "65536,0\n", false), (.bitsClear(1, count: 1), "0.5\n", false),
    (.below(5, count: 2, stride: 1), "+4.9E+00,-1\n", true),
    (.below(5, count: 2, stride: 1), "4.9,-5\n", false),
    (.below(5, count: 2, stride: 1), "4.9,9.9E37\n", false), (.below(5, count: 1, stride: 1), "nan\n", false),
    (.below(5, count: 1, stride: 1), "-inf\n", false), (.below(5, count: 1, stride: 2), "1,208\n", true),
    (.exactly([0x31, 0x0A]), "1\n", true), (.exactly([0x31]), "1\n", false),
  ])
  func `proves only what it says exactly`(_ expected: GuardExpectation, _ text: String, _ isMet: Bool) {
    #expect(expected.isMet(by: Array(text.utf8)) == isMet)
  }
}

@Suite struct `A guard's watch` {
  private func instant(_ milliseconds: Double) -> WorldInstant { .start + .milliseconds(milliseconds) }
  private let a = UInt8(ascii: "A")
  private let b = UInt8(ascii: "B")

  @Test func `goes on while tokens come in turn, and ends with the release`() {
    var watch = GuardWatch(silence: .milliseconds(400), now: .start)
    #expect(watch.heard([a], at: instant(300)) == .goOn(beats: 1))
    #expect(watch.deadline == instant(700))
    #expect(watch.heard([b, a], at: instant(699)) == .goOn(beats: 2))
    #expect(watch.heard([b, GuardSignal.release], at: instant(700)) == .released)
  }

  @Test func `acts when a token repeats itself, is none, or comes too late`() {
    var watch = GuardWatch(silence: .milliseconds(400), now: .start)
    _ = watch.heard([a], at: instant(1))
    for (bytes, when) in [([a], 2.0), ([UInt8(ascii: "?")], 2), ([b], 402)] {
      var copy = watch
      guard case .act = copy.heard(bytes, at: instant(when)) else {
        Issue.record("\(bytes) at \(when) ms was taken for a beat")
        continue
      }
    }
    guard case .act = watch.lineEnded(), case .act = watch.silent(at: instant(402)) else {
      Issue.record("an ended line, or silence, is no reason to act")
      return
    }
  }
}
