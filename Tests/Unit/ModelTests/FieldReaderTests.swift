import Model
import Quantities
import Testing

@Suite struct FieldReaderTests {
  static let step: [FieldDeclaration] = [
    .init("level", .quantity(.voltage, range: 1.5...4.5), doc: "Stimulus."),
    .init("settle", .quantity(.time), default: "1 s", doc: "Wait."),
    .init("cells", .list(of: .integer(range: 1...24)), default: "1, 24", doc: "Cells."),
    .init("mode", .choice(["bracket", "ramp"]), default: "bracket", doc: "How."),
    .init("probe", .flag, required: false, doc: "Probe the path."),
    .init("limit", .limit(.voltage), required: false, doc: "Limit."),
    .init(
      "points", .list(of: .table([.init("at", .quantity(.current), doc: "Current.")])), required: false,
      doc: "Points."),
    .init("write", .map(.quantity(.time)), required: false, doc: "Settings."),
  ]

  @Test func `what fits is read in base units, defaults included`() {
    let (values, findings) = FieldReader.read(
      Self.step,
      in: document(
        (
          "level", "3650 mV"
        ), ("probe", "yes"), ("limit", "ovp-trip"),
        list: ("points", [[("at", "-5 A")], [("at", "100 mA")]]), map: ("write", [("delay", "50 ms")])))
    #expect(findings.isEmpty)
    #expect(values.quantity("level") == 3.65)
    #expect(values.quantity("settle") == 1)
    #expect(values.integers("cells") == [1, 24])
    #expect(values.text("mode") == "bracket")
    #expect(values.optionalFlag("probe") == true)
    #expect(values.limitID("limit") == "ovp-trip")
    #expect(values.tables("points").map { $0.quantity("at") } == [-5, 0.1])
    #expect(values.map("write").map(\.key) == ["delay"])
    #expect(values.map("write").first?.value.number == 0.05)
    #expect(values.place("level").line == 1)
  }

  @Test func `everything wrong is found at once, in the order of the file`() {
    let (_, findings) = FieldReader.read(
      Self.step,
      in: document(
        ("setle", "2 s"), ("mode", "brackett"), ("probe", "perhaps"), ("settle", "2 V"), ("mode", "ramp")))
    #expect(
      findings.map(\.description) == [
        "f.yaml:1:1: key 'level' is missing (add 'level:' with a voltage)",
        "f.yaml:1:1: unknown key 'setle' (did you mean 'settle'?)",
        "f.yaml:2:20: 'mode': 'brackett' is not known here (did you mean 'bracket'?)",
        "f.yaml:3:20: 'probe': 'perhaps' is neither yes nor no (write yes or no)",
        "f.yaml:4:20: 'settle': '2 V' is a voltage, expected a time (write e.g. '2 s' or '50 ms')",
        "f.yaml:5:1: key 'mode' is written twice, first in line 2 (keep one of them)",
      ])
  }

  @Test func `a value outside its range is told the range`() {
    let (_, findings) = FieldReader.read(Self.step, in: document(("level", "5 V")))
    #expect(findings.map(\.message) == ["'level': '5 V' is outside 1.5 V … 4.5 V"])
  }

  @Test func `a value of the wrong shape says what was expected`() {
    let (_, findings) = FieldReader.read(
      Self.step, in: document(("level", "3 V"), ("cells", "7"), ("points", "none")))
    #expect(
      findings.map(\.message) == [
        "'cells' is '7', expected a list, each entry a whole number",
        "'points' is 'none', expected a list, each entry a table of keys",
      ])
  }

  @Test func `wrong entries of a list are all found`() {
    let items: [DocumentValue] = ["1", "25", "x"].enumerated().map { .scalar($1, place($0 + 2, 5)) }
    let entries = [
      DocumentEntry(key: "level", keyPlace: place(1, 1), value: .scalar("3 V", place(1, 8))),
      DocumentEntry(key: "cells", keyPlace: place(2, 1), value: .list(items, place(2, 3))),
    ]
    let (_, findings) = FieldReader.read(Self.step, entries: entries, place: place(1, 1))
    #expect(findings.map(\.place.line) == [3, 4])
  }

  @Test(arguments: [
    ("setle", "settle"), ("levl", "level"), ("elvel", "level"), ("Level", "level"), ("zzz", nil),
  ])
  func `a slip of the pen has a nearest name`(word: String, meant: String?) {
    #expect(NearestName.of(word, in: Self.step.map(\.name)) == meant)
  }
}

private func place(_ line: Int, _ column: Int) -> SourcePlace {
  SourcePlace(file: "f.yaml", line: line, column: column)
}

/// One entry per line: key in column 1, value in column 20.
private func document(
  _ scalars: (String, String)..., list: (String, [[(String, String)]])? = nil,
  map: (String, [(String, String)])? = nil
) -> DocumentValue {
  var line = 0
  func entry(_ key: String, _ value: (SourcePlace) -> DocumentValue) -> DocumentEntry {
    line += 1
    return DocumentEntry(key: key, keyPlace: place(line, 1), value: value(place(line, 20)))
  }
  func table(_ pairs: [(String, String)], _ at: SourcePlace) -> DocumentValue {
    .table(pairs.map { pair in entry(pair.0) { .scalar(pair.1, $0) } }, at)
  }
  var entries = scalars.map { pair in entry(pair.0) { .scalar(pair.1, $0) } }
  if let list { entries.append(entry(list.0) { at in .list(list.1.map { table($0, at) }, at) }) }
  if let map { entries.append(entry(map.0) { table(map.1, $0) }) }
  return .table(entries, place(1, 1))
}
