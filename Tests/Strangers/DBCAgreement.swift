import DBC
import Foundation
import Testing

/// cantools reads the same DBC files and sees the same values in the same frames.
@Suite struct `cantools and our DBC reader` {
  struct Answer: Decodable {
    var message: String?
    var signals: [String: String]?
    /// What the value tables call them.
    var names: [String: String]?
    var error: String?
  }

  /// Numbers that repeat: splitmix64.
  struct Chance: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  static func read(_ text: Data) throws -> DBCDatabase {
    let (database, findings) = DBCReader.read(Array(text))
    #expect(findings.isEmpty, "\(findings)")
    return database
  }

  static func answers(_ file: URL, _ frames: [(DBCMessage, [UInt8])]) throws -> [Answer] {
    let asked: [String: Any] = [
      "dbc": file.path,
      "frames": frames.map { message, bytes in
        [
          message.identifier, message.isExtended, bytes.map { String(format: "%02x", $0) }.joined(),
        ] as [Any]
      },
    ]
    let output = try Stranger.python(
      "cantools_decode.py", input: try JSONSerialization.data(withJSONObject: asked))
    return try JSONDecoder().decode([Answer].self, from: Data(output.utf8))
  }

  /// The same number, but for what the order of a multiplication and an addition may change.
  static func agree(_ ours: Double, _ theirs: Double) -> Bool {
    if ours.isNaN || theirs.isNaN { return ours.isNaN && theirs.isNaN }
    return ours == theirs || abs(ours - theirs) <= 1e-12 * max(abs(ours), abs(theirs), 1e-300)
      || abs(ours - theirs) < 1e-9
  }

  static func compare(_ file: URL, _ frames: [(DBCMessage, [UInt8])]) throws -> Int {
    let answers = try answers(file, frames)
    #expect(answers.count == frames.count)
    var compared = 0
    for ((message, bytes), answer) in zip(frames, answers) {
      let (values, missing) = message.decode(bytes)
      if answer.error != nil {
        // cantools refuses a whole frame when a selector has a value that selects nothing; we show what is there.
        let selects = message.signals.contains { $0.isSelector }
        #expect(selects, "\(message.name): \(answer.error ?? "")")
        continue
      }
      #expect(answer.message == message.name)
      #expect(missing == [])
      let theirs = answer.signals ?? [:]
      #expect(Set(values.map(\.signal)) == Set(theirs.keys), "\(message.name) \(bytes)")
      for value in values {
        let other = theirs[value.signal].flatMap(Double.init) ?? .infinity
        #expect(agree(value.physical, other), "\(message.name).\(value.signal) \(bytes): \(value) \(other)")
        #expect(answer.names?[value.signal] == value.name, "\(message.name).\(value.signal) \(bytes)")
        compared += 1
      }
    }
    return compared
  }

  @Test func `agree on every value of generated files`() throws {
    var chance = Chance(state: 20_261_123)
    let folder = try Scratch()
    let file = folder.file("generated.dbc")
    let text = Data(GeneratedDBC.text(frames: 120, using: &chance).utf8)
    try text.write(to: file)
    let database = try Self.read(text)
    #expect(database.messages.count == 120)
    let frames = database.messages.flatMap { message in
      (0..<25).map { _ in
        (message, (0..<message.length).map { _ in UInt8.random(in: 0...255, using: &chance) })
      }
    }
    let compared = try Self.compare(file, frames)
    #expect(compared > 5000)
  }

  @Test func `what we encode, cantools decodes to what was meant`() throws {
    var chance = Chance(state: 7)
    let folder = try Scratch()
    let file = folder.file("generated.dbc")
    let text = Data(GeneratedDBC.text(frames: 60, using: &chance).utf8)
    try text.write(to: file)
    let database = try Self.read(text)
    var frames: [(DBCMessage, [UInt8])] = []
    for message in database.messages {
      // A frame that a selector allows, decoded, and made again from its values alone.
      var bytes = (0..<message.length).map { _ in UInt8.random(in: 0...255, using: &chance) }
      if message.signals.contains(where: \.isSelector) { bytes[0] = .random(in: 0...3, using: &chance) }
      let values = message.decode(bytes).values.filter { $0.physical.isFinite }
      guard values.count == message.decode(bytes).values.count else { continue }
      let made = try message.encode(
        Dictionary(uniqueKeysWithValues: values.map { ($0.signal, $0.physical) }))
      let again = message.decode(made).values
      #expect(again.map(\.signal) == values.map(\.signal))
      for (a, b) in zip(again, values) {
        #expect(Self.agree(a.physical, b.physical), "\(message.name).\(a.signal)")
      }
      frames.append((message, made))
    }
    #expect(frames.count > 30)
    #expect(try Self.compare(file, frames) > 100)
  }

  @Test func `understand files in the style of public ones alike`() throws {
    let folder = try Scratch()
    let file = folder.file("style.dbc")
    try PublicStyleDBC.bytes.write(to: file)
    let theirs = try Stranger.python("cantools_describe.py", [file.path])
    let ours = try Self.describe(Self.read(PublicStyleDBC.bytes))
    #expect(ours.split(separator: "\n") == theirs.split(separator: "\n"))
  }

  @Test(arguments: ["pylontech-candidate", "jk-bms-candidate", "jk-balancer-candidate"])
  func `agree on the candidates`(_ name: String) throws {
    let file = Stranger.root.appendingPathComponent("Rigs/CAN/\(name).dbc")
    let database = try Self.read(try Data(contentsOf: file))
    #expect(database.comment.hasPrefix("CANDIDATE, NOT CONFIRMED."))
    var chance = Chance(state: 3)
    let frames = database.messages.filter { !$0.signals.isEmpty }.flatMap { message in
      (0..<40).map { _ in
        var bytes = (0..<message.length).map { _ in UInt8.random(in: 0...255, using: &chance) }
        if message.signals.contains(where: \.isSelector) { bytes[0] = .random(in: 1...4, using: &chance) }
        return (message, bytes)
      }
    }
    #expect(try Self.compare(file, frames) > 100)
  }

  /// What `cantools_describe.py` prints.
  static func describe(_ database: DBCDatabase) -> String {
    let messages = database.messages.sorted {
      ($0.isExtended ? 1 : 0, $0.identifier) < ($1.isExtended ? 1 : 0, $1.identifier)
    }
    return messages.flatMap { message in
      ["frame \(message.identifier) \(message.isExtended ? 1 : 0) \(message.name) \(message.length)"]
        + message.signals.sorted { $0.name < $1.name }.map(describe)
    }.joined(separator: "\n")
  }

  private static func describe(_ signal: DBCSignal) -> String {
    let kind =
      switch signal.kind {
      case .unsigned: "unsigned"
      case .signed: "signed"
      case .float, .double: "real"
      }
    let shown = (signal.condition?.ranges ?? []).flatMap { $0 }.sorted().map { "\($0)" }.joined(
      separator: ",")
    let names = signal.names.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    return
      "signal \(signal.name) \(signal.start) \(signal.length) \(signal.isBigEndian ? "big" : "little") \(kind) "
      + "\(signal.factor) \(signal.offset) [\(signal.unit)] \(signal.isSelector ? 1 : 0) "
      + "\(signal.condition?.selector ?? "-") [\(shown)] [\(names)] [\(signal.comment)]"
  }
}
