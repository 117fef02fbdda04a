import Ports
import Quantities

/// A text is not hex: where and why.
public struct HexTextError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Both count from 1.
  public let line: Int
  public let column: Int
  public let message: String
  public var description: String { "line \(line), column \(column): \(message)" }
}

/// Reads recorded traffic as hex text and gives every frame in it as JSON.
///
/// Lines, blanks and chunk borders have no meaning; `#` begins a comment that ends with the line. Both directions
/// may be mixed.
public enum HexDecoder {
  /// `{"frames":[…],"junk_bytes":n,"findings":[{"frame":n,"code":…,"message":…}]}`; `frame` counts from 0 and is
  /// null where a finding belongs to the whole text.
  /// - Throws: `HexTextError` at the first character that is no hex.
  public static func decode(text: String, revealPassword: Bool = false) throws(HexTextError) -> OrderedJSON {
    decode(bytes: try bytes(of: text), revealPassword: revealPassword)
  }

  public static func decode(bytes: [UInt8], revealPassword: Bool = false) -> OrderedJSON {
    var parser = FrameParser(accepting: FrameDirection.allCases)
    var items = parser.feed(bytes, at: .start)
    var findings = Findings()
    if let (header, received) = parser.pending {
      let length = header?.frameLength.map { " of \($0)" } ?? ""
      findings.add(nil, "cut_frame", "the text ends inside a frame, after \(received)\(length) bytes")
    }
    items += parser.finish()

    var frames: [ParsedFrame] = []
    var junk = 0
    for item in items {
      switch item {
      case .frame(let frame): frames.append(frame)
      case .junk(let count): junk += count
      }
    }
    if frames.isEmpty { findings.add(nil, "no_frame", "there is no whole frame in \(bytes.count) bytes") }
    if junk > 0 { findings.add(nil, "junk", "\(junk) bytes belong to no frame") }

    let versions = layouts(of: frames, findings: &findings)
    let decoded = frames.enumerated().map { index, frame in
      check(frame, index: index, findings: &findings)
      return FrameValues.json(frame, version: versions[index], revealPassword: revealPassword)
    }
    return ["frames": .array(decoded), "junk_bytes": .int(junk), "findings": .array(findings.list)]
  }

  /// The bytes that the text spells.
  public static func bytes(of text: String) throws(HexTextError) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: (value: UInt8, column: Int)?
    var line = 1
    var column = 0
    var inComment = false
    func halfByte(_ column: Int) -> HexTextError {
      HexTextError(line: line, column: column, message: "a byte needs two hex digits")
    }
    for scalar in text.unicodeScalars {
      column += 1
      let isBreak = scalar == "\n"
      let isBlank = isBreak || scalar == " " || scalar == "\t" || scalar == "\r"
      if scalar == "#" { inComment = true }
      if isBlank || inComment, let half = high { throw halfByte(half.column) }
      if isBreak {
        inComment = false
        line += 1
        column = 0
      }
      if isBlank || inComment { continue }
      guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
        throw HexTextError(
          line: line, column: column,
          message:
            "'\(scalar.escaped(asASCII: false))' is no hex digit; write bytes like 55 aa 11, comments after #"
        )
      }
      if let half = high {
        bytes.append(half.value << 4 | UInt8(digit))
        high = nil
      } else {
        high = (UInt8(digit), column)
      }
    }
    if let half = high { throw halfByte(half.column) }
    return bytes
  }

  private struct Findings {
    var list: [OrderedJSON] = []
    mutating func add(_ frame: Int?, _ code: String, _ message: String) {
      list.append(
        ["frame": frame.map(OrderedJSON.int) ?? .null, "code": .string(code), "message": .string(message)])
    }
  }

  /// Chooses the layout of each cell info frame: by what the stream told before it, else by what it tells first
  /// after it, else by which layout makes sense. A layout that cannot be right gives way to one that can.
  private static func layouts(of frames: [ParsedFrame], findings: inout Findings) -> [ProtocolVersion] {
    let first = firstEvidence(in: frames)
    var evidence = ProtocolVersionEvidence()
    var anomaly: String?
    return frames.enumerated().map { index, frame in
      guard frame.checksumOK else { return .v2 }
      if let info = DeviceInfo(decoding: frame.bytes) { evidence.note(info) }
      if let settings = Settings(decoding: frame.bytes) { evidence.note(settings) }
      if let found = evidence.anomaly, found != anomaly { findings.add(index, "anomaly", found) }
      anomaly = evidence.anomaly
      guard CellInfo(decoding: frame.bytes, version: .v2) != nil else { return .v2 }

      let plausible = CellInfo.plausibleVersions(of: frame.bytes)
      guard let told = evidence.version ?? first else {
        if plausible.count != 1 {
          findings.add(
            index, "layout_unknown",
            "neither settings nor device info nor the values tell the protocol generation; read as v2")
        }
        return plausible.count == 1 ? plausible[0] : .v2
      }
      if plausible.count == 1, plausible[0] != told {
        findings.add(
          index, "anomaly",
          "the stream tells \(told.rawValue), but only \(plausible[0].rawValue) gives possible values; read as "
            + plausible[0].rawValue)
        return plausible[0]
      }
      return told
    }
  }

  private static func firstEvidence(in frames: [ParsedFrame]) -> ProtocolVersion? {
    var evidence = ProtocolVersionEvidence()
    for frame in frames where frame.checksumOK {
      if let settings = Settings(decoding: frame.bytes) { return settings.version }
      if evidence.byModel == nil, let info = DeviceInfo(decoding: frame.bytes) { evidence.note(info) }
    }
    return evidence.version
  }

  private static func check(_ frame: ParsedFrame, index: Int, findings: inout Findings) {
    let bytes = frame.bytes
    if !frame.checksumOK {
      let end = bytes[bytes.count - 1]
      let sum = ChecksumRule.sum.checksum(of: bytes)
      findings.add(
        index, "damaged",
        end != FrameHeader.endByte
          ? "the frame ends with \(HexText.packed([end])) instead of ff; bytes are lost or wrong"
          : "the checksum is \(HexText.packed([bytes[bytes.count - 2]])), the bytes give \(HexText.packed([sum]))"
      )
    } else if FrameValues.kind(of: bytes, version: .v2) == .unknown {
      findings.add(
        index, "unknown_frame", "no meaning is known for command \(bytes[4]) with \(bytes.count) bytes")
    } else if let info = CellInfo(decoding: bytes, version: .v2), !info.totalsAgree {
      findings.add(
        index, "totals",
        "total \(Float(info.totalVolts)) V is not \(info.cellCount) times the average "
          + "\(Float(info.averageCellVolts)) V")
    } else if let header = FrameHeader(reading: bytes), header.frameLength != header.declaredLength {
      findings.add(index, "swapped_length", "the two length bytes are swapped, as one old app writes them")
    }
  }
}
