/// One parser that meets bytes or files from outside, with whatever drives it once over an input.
///
/// An input must neither end the program nor take long nor take much memory. What comes out of it is for the parser's
/// own tests.
struct FuzzTarget: Sendable {
  let name: String
  /// A word on what it covers, for the table.
  let covers: String
  /// Inputs longer than this are cut, bytes.
  var lengthMax = 4096
  let run: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] = [
    bleStream, bleHexText, maskedStream, scpiReplies, scpiText, usbtmc, hislip, dbc, modbus, can, candump,
    rig, procedure, specification, unitFile, answers, journal, runTraffic, address, guardPlan,
  ]

  static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// Cuts an input into pieces: a byte says how long the next piece is.
struct Pieces {
  private var rest: ArraySlice<UInt8>
  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
  mutating func piece(_ lengthMax: Int = 64) -> [UInt8] {
    let length = 1 + Int(byte()) % lengthMax
    defer { rest = rest.dropFirst(length) }
    return Array(rest.prefix(length))
  }
  mutating func all() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }
}
