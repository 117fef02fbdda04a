import ArgumentParser
import DUT
import Foundation
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
      do {
        Output.json(try HexDecoder.decode(text: text, revealPassword: revealPassword))
      } catch {
        Output.error("\(file == "-" ? "standard input" : file):\(error)")
        throw CommandEnd(.badInput)
      }
    }

    private func read() throws -> String {
      let data: Data?
      if file == "-" {
        data = FileHandle.standardInput.readDataToEndOfFile()
      } else {
        data = FileManager.default.contents(atPath: file)
      }
      guard let data else {
        Output.error("\(file):1:1: the file cannot be read (check the path and its permissions)")
        throw CommandEnd(.badInput)
      }
      guard let text = String(data: data, encoding: .utf8) else {
        Output.error("\(file):1:1: this is no text (expected hex digits; convert binary captures first, e.g. with xxd -p)")
        throw CommandEnd(.badInput)
      }
      return text
    }
  }
}
