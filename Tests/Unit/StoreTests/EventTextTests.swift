import Foundation
import Model
import Quantities
import Testing

@testable import Store

/// The journal's hand-made encoder against the form that readers decode.
@Suite struct EventTextTests {
  static func encoded(_ event: RunEvent) -> [UInt8] {
    var text = JSONText()
    text.event(event)
    return text.bytes
  }

  @Test(arguments: 0..<RandomEvents.caseCount)
  func `every event comes back as it was, whatever its texts and numbers`(
    index: Int
  ) throws {
    var dice = Dice(state: UInt64(index) + 1)
    for _ in 0..<200 {
      let event = RandomEvents.event(index, &dice)
      let bytes = Self.encoded(event)
      #expect(!bytes.contains(10) && !bytes.contains(13), "a line must stay a line")
      #expect(try JSONDecoder().decode(RunEvent.self, from: Data(bytes)) == event)
    }
  }

  @Test(arguments: 0..<RandomEvents.caseCount)
  func `the bytes are those of the derived form with sorted keys`(
    index: Int
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var dice = Dice(state: UInt64(index) + 77)
    for _ in 0..<50 {
      let event = RandomEvents.event(index, &dice)
      #expect(Self.encoded(event) == [UInt8](try encoder.encode(event)))
    }
  }

  @Test func `a number that is not finite is named`() {
    var text = JSONText()
    text.event(RunEvent(sequence: 0, nanoseconds: 0, body: .measured(measurement(.nan))))
    #expect(text.problem == "nan for '_0' is not a finite number")
    text.restart(behind: [])
    let series = Trace.Series(name: "u", dimension: .voltage, times: [0], values: [.infinity])
    text.event(
      RunEvent(sequence: 0, nanoseconds: 0, body: .trace(Trace(step: "s", title: "t", series: [series]))))
    #expect(text.problem == "inf in 'values' is not a finite number")
  }
}
