import ArgumentParser
import DBC
import Foundation
import Model
import Ports
import Quantities

/// `--dbc FILE`: what the frames mean.
struct DBCOption: ParsableArguments {
  @Option(
    name: .customLong("dbc"), help: "DBC file that says what stands in the frames; Rigs/CAN has candidates.")
  var file: String?

  /// - Throws: *bad input* after every finding was said.
  func decoder(_ format: Format) throws -> FrameDecoder {
    guard let file else { return FrameDecoder(nil) }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Complaint.end(
        "\(file): the file cannot be read", "check the path and its permissions", code: .badInput, format)
    }
    let (database, findings) = DBCReader.read(Array(data))
    guard findings.isEmpty else {
      Output.findings(
        findings.map {
          Finding(
            place: SourcePlace(file: file, line: $0.line, column: $0.column), message: $0.message,
            suggestion: "")
        }, format: format)
      throw CommandEnd(.badInput)
    }
    return FrameDecoder(database)
  }
}

/// Frames to text and JSON, decoded where a DBC file says how.
struct FrameDecoder {
  private struct Key: Hashable {
    let identifier: UInt32
    let isExtended: Bool
  }
  private let messages: [Key: DBCMessage]
  let hasFile: Bool

  init(_ database: DBCDatabase?) {
    hasFile = database != nil
    let all = (database?.messages ?? []).map {
      (Key(identifier: $0.identifier, isExtended: $0.isExtended), $0)
    }
    messages = Dictionary(all) { first, _ in first }
  }

  private func message(_ frame: CANFrame) -> DBCMessage? {
    frame.isRemote ? nil : messages[Key(identifier: frame.identifier, isExtended: frame.isExtended)]
  }

  /// Lines below a frame's own: one per value.
  func lines(_ frame: CANFrame) -> [String] {
    guard let message = message(frame) else { return [] }
    let (values, missing) = message.decode(frame.bytes)
    return values.map { value in
      let unit = value.unit.isEmpty ? "" : " \(value.unit)"
      let name = value.name.map { " (\($0))" } ?? ""
      return "    \(message.name).\(value.signal) = \(Self.text(value.physical))\(unit)\(name)"
    } + missing.map { "    \(message.name).\($0) is not in this frame: it is too short" }
  }

  /// `time` in seconds on the clock of the file or of the dump.
  func json(_ frame: CANFrame, time: Double, interface: String) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("time_s", .double(time)), ("interface", .string(interface)), ("id", .int(Int(frame.identifier))),
      ("extended", .bool(frame.isExtended)), ("fd", .bool(frame.isFD)), ("remote", .bool(frame.isRemote)),
      ("bytes", .string(HexText.packed(frame.bytes))),
    ]
    if let message = message(frame) {
      let (values, missing) = message.decode(frame.bytes)
      let signals = values.map { value in
        var parts: [(key: String, value: OrderedJSON)] = [
          ("name", .string(value.signal)), ("value", .double(value.physical)), ("unit", .string(value.unit)),
        ]
        if let name = value.name { parts.append(("text", .string(name))) }
        return OrderedJSON.object(parts)
      }
      members.append(("message", .string(message.name)))
      members.append(("signals", .array(signals)))
      if !missing.isEmpty { members.append(("too_short_for", .array(missing.map { .string($0) }))) }
    }
    return .object(members)
  }

  /// Twelve digits are more than any signal has, and hide what binary fractions add.
  private static func text(_ value: Double) -> String { String(format: "%.12g", value) }
}
