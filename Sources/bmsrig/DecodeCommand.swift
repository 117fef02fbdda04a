import ArgumentParser
import DUT
import Foundation
import Model
import Quantities

/// `bmsrig decode`: bytes to values.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Decode captured bytes.", subcommands: [BLE.self])

  /// Hex text of BLE frames or notifications to one JSON document.
  struct BLE: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ble",
      abstract: "Decode hex text of BLE frames or notifications to one JSON document.",
      discussion: "Lines, spaces and # comments do not matter; frames may be split anyhow.")

    @Argument(help: "File with hex text, or - for standard input.")
    var file: String
    @Flag(help: "Show the unit's password instead of masking it.")
    var revealPassword = false
    @OptionGroup var format: FormatOption

    func run() throws {
      let text = try read()
      let document: OrderedJSON
      do throws(HexTextError) {
        document = try HexDecoder.decode(text: text, revealPassword: revealPassword)
      } catch {
        throw refusal(error.line, error.column, error.message, "write pairs of hex digits, e.g. 55 aa 11")
      }
      guard case .array(let frames)? = document["frames"], !frames.isEmpty else {
        let empty = !text.contains { !$0.isWhitespace }
        throw refusal(
          1, 1, empty ? "there is nothing to decode" : "there is no whole frame in the text",
          "frames begin with 55 aa or aa 55; check that the capture is complete")
      }
      Output.json(document)
    }

    private var name: String { file == "-" ? "standard input" : file }

    private func refusal(_ line: Int, _ column: Int, _ message: String, _ suggestion: String) -> CommandEnd {
      let finding = Finding(
        place: SourcePlace(file: name, line: line, column: column), message: message, suggestion: suggestion)
      Output.findings([finding], format: format.format)
      return CommandEnd(.badInput)
    }

    private func read() throws -> String {
      var isFolder: ObjCBool = false
      let data: Data?
      if file == "-" {
        data = FileHandle.standardInput.readDataToEndOfFile()
      } else if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
        throw refusal(1, 1, "this is a folder", "name a file with hex text")
      } else {
        data = FileManager.default.contents(atPath: file)
      }
      guard let data else {
        throw refusal(1, 1, "the file cannot be read", "check the path and its permissions")
      }
      guard let text = String(data: data, encoding: .utf8), !text.contains("\0") else {
        throw refusal(
          1, 1, "this is no text", "hex digits are expected; convert binary captures first, e.g. with xxd -p")
      }
      return text
    }
  }
}
