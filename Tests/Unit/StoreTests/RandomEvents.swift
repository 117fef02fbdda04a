import Foundation
import Model
import Quantities

/// Chance of the tests: the same numbers in every run.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
  }
  mutating func text() -> String {
    let pieces = [
      "", "cell 7", "\"", "\\", "\\\"", "/", "\u{0}", "\u{8}\u{C}\n\r\t", "\u{1F}\u{7F}", "\u{2028}\u{2029}",
      "Ω µ °C −", "试验", "👩🏽‍🔬", "e\u{301}", "\u{FEFF}", "{\"hash\":\"", "</script>", "\u{10FFFF}", "\\u0041",
    ]
    return (0..<Int.random(in: 0...4, using: &self)).map { _ in pieces.randomElement(using: &self)! }.joined()
  }
  mutating func number() -> Double {
    let fixed = [
      0, -0.0, 1, -1, 3.65, 0.1, 1e15, 1e16, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      123_456_789,
    ]
    return Bool.random(using: &self)
      ? fixed.randomElement(using: &self)! : Double.random(in: -1e3...1e3, using: &self)
  }
  mutating func perhaps<T>(_ value: (inout Self) -> T) -> T? {
    Bool.random(using: &self) ? value(&self) : nil
  }
  mutating func texts() -> [String] { (0..<Int.random(in: 0...3, using: &self)).map { _ in text() } }
  mutating func numbers() -> [Double] { (0..<Int.random(in: 0...5, using: &self)).map { _ in number() } }
  mutating func flag() -> Bool { Bool.random(using: &self) }
  mutating func count() -> Int { Int.random(in: .min ... .max, using: &self) }
  mutating func pick<T: CaseIterable>(_ type: T.Type) -> T { Array(T.allCases).randomElement(using: &self)! }
}

/// Events of every kind with hostile texts and extreme numbers.
enum RandomEvents {
  static let caseCount = 18

  static func event(_ index: Int, _ dice: inout Dice) -> RunEvent {
    RunEvent(
      sequence: Int.random(in: 0...(.max), using: &dice), nanoseconds: Int64(dice.count()),
      body: body(index, &dice))
  }

  static func body(_ index: Int, _ dice: inout Dice) -> RunEvent.Body {
    switch index {
    case 0: .runStarted(someHeader(&dice))
    case 1:
      .instrumentIdentified(
        InstrumentIdentity(
          name: dice.text(), maker: dice.text(), model: dice.text(), serial: dice.text(),
          firmware: dice.text()))
    case 2:
      .unitIdentified(
        UnitIdentity(
          model: dice.text(), hardware: dice.text(), software: dice.text(), protocolVersion: dice.text(),
          productionDate: dice.text(), deviceID: dice.text(), name: dice.text(), powerOnCount: dice.count(),
          runtimeSeconds: dice.count()))
    case 3: .phaseStarted(name: dice.text(), title: dice.text())
    case 4: .phaseEnded(name: dice.text())
    case 5:
      .stepStarted(
        step: dice.text(), kind: dice.text(), title: dice.text(), phase: dice.text(), declared: dice.texts())
    case 6: .measured(someMeasurement(&dice))
    case 7: .note(step: dice.text(), text: dice.text())
    case 8:
      .trace(
        Trace(
          step: dice.text(), title: dice.text(),
          series: (0..<2).map { _ in
            .init(
              name: dice.text(), dimension: dice.pick(Dimension.self), times: dice.numbers(),
              values: dice.numbers(),
              steps: dice.flag())
          }))
    case 9:
      .settings(
        SettingsSnapshot(
          moment: [.asReceived, .underTest, .restored].randomElement(using: &dice)!, frameHex: dice.text(),
          values: dice.texts().map { .init(name: $0, text: dice.text()) }))
    case 10: .stepEnded(step: dice.text(), failed: dice.flag())
    case 11: .rigError(step: dice.text(), instrument: dice.text(), message: dice.text())
    case 12: .stopRequested(reason: dice.text())
    case 13:
      .safeState(
        SafeStateResult(
          entries: dice.texts().map { .init(action: $0, confirmed: dice.flag(), message: dice.text()) }))
    case 14:
      .traffic(
        Traffic(
          port: dice.text(), outgoing: dice.flag(), bytes: dice.text(), isText: dice.flag(),
          problem: dice.perhaps {
            .init(
              code: $0.text(), attempted: $0.text(), port: $0.text(), cause: $0.text(), advice: $0.text(),
              bytesSeen: $0.text())
          }))
    case 16: .recovered(Recovery(cutBytes: dice.count(), guardProof: dice.perhaps { $0.text() }))
    case 15:
      .answered(
        Answer(
          step: dice.text(), prompt: dice.text(), question: dice.text(), answer: dice.text(),
          person: dice.text(), origin: dice.text(), date: dice.text()))
    default:
      .runEnded(verdict: dice.pick(Verdict.self), reason: dice.text(), safeStateConfirmed: dice.flag())
    }
  }

  static func someMeasurement(_ dice: inout Dice) -> Measurement {
    let observation: Observation =
      switch Int.random(in: 0..<4, using: &dice) {
      case 0: .number(dice.number())
      case 1: .text(dice.text())
      case 2: .flag(dice.flag())
      default: .missing(dice.text())
      }
    var measurement = Measurement(
      step: dice.text(), name: dice.text(), channel: dice.text(),
      dimension: dice.perhaps { $0.pick(Dimension.self) },
      observation: observation, uncertainty: dice.perhaps { $0.number() },
      limit: dice.perhaps {
        ResolvedLimit(
          id: $0.text(), title: $0.text(), requirement: $0.text(), also: $0.flag() ? $0.texts() : [],
          basis: $0.pick(LimitBasis.self), source: $0.text(),
          low: $0.perhaps { $0.number() }, high: $0.perhaps { $0.number() },
          expected: $0.perhaps { $0.text() }, recorded: $0.flag(), nominal: $0.perhaps { $0.number() },
          conflicts: $0.flag() ? [ConflictDecision(id: $0.text(), decision: $0.text())] : [])
      },
      rule: dice.perhaps { DecisionRule(name: $0.text(), guardFactor: $0.number()) },
      outcome: dice.pick(Outcome.self),
      instruments: dice.texts(), at: dice.number(), note: dice.text())
    measurement.nominal = dice.perhaps { $0.flag() ? .number($0.number()) : .text($0.text()) }
    return measurement
  }

  static func someHeader(_ dice: inout Dice) -> RunHeader {
    func reference(_ dice: inout Dice) -> DocumentReference {
      DocumentReference(name: dice.text(), revision: dice.text(), contentHash: dice.text())
    }
    var result = plainHeader(&dice)
    result.procedure = reference(&dice)
    result.unitFile = dice.perhaps { reference(&$0) }
    result.included = dice.perhaps { [reference(&$0), reference(&$0)] }
    result.answers = dice.perhaps { reference(&$0) }
    result.steps = dice.perhaps { ["a": $0.text(), "\"b\"": $0.text()] }
    result.judgedFrom = dice.perhaps {
      JudgedFrom(run: $0.text(), journalHead: $0.text(), procedure: reference(&$0), judgedAt: $0.text())
    }
    result.criticalRule = DecisionRule(name: dice.text(), guardFactor: dice.number())
    return result
  }

  static func plainHeader(_ dice: inout Dice) -> RunHeader {
    var result = header(run: dice.text(), unit: dice.text())
    result.chemistry = dice.pick(Chemistry.self)
    result.workflow = dice.pick(Workflow.self)
    result.seed = UInt64.random(in: 0...(.max), using: &dice)
    result.expectedSeconds = dice.number()
    result.instruments = (0..<2).map { _ in
      RigInstrument(
        name: dice.text(), driver: dice.text(), address: dice.text(), serial: dice.text(),
        calibration: dice.perhaps { .init(certificate: $0.text(), date: $0.text(), due: $0.text()) },
        uncertainty: ["voltage": AnyQuantity(dice.number(), .voltage), "a b": AnyQuantity(1, .count)],
        options: ["x": dice.text(), "": dice.text(), "\"q\"": "1"], simulated: ["z": "1", "a": "2"])
    }
    return result
  }
}
