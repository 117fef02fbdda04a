import ArgumentParser
import DUT
import Foundation
import Ports
import Quantities

extension Device {
  /// The app's password.
  struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check or change the password that the app asks for.",
      discussion: """
        The unit sends its password in clear text and the app compares: it protects nothing. Passwords are read from
        a file or from standard input, never from the command line, where every user of the computer could see them.
        """,
      subcommands: [Check.self, Change.self])

    struct Check: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Say whether a password is the unit's, or only whether it is the factory's.",
        discussion: "Exit code 1 when it is another.")
      @OptionGroup var device: DeviceOptions
      @Option(help: "File whose first line is the password to compare, or - for standard input.")
      var passwordFile: String?
      @OptionGroup var format: FormatOption

      func run() throws {
        let candidate = try passwordFile.map { try Password.line(of: $0, format.format) }
        try device.run(format.format) { link in
          let session = try await link.connect()
          let own = try await session.deviceInfo(deadline: link.exchangeDeadline).password
          let isFactory = own == BLEUnit.factoryPassword
          let matches = candidate.map { $0 == own }
          if case .json = format.format {
            Output.json(
              .object([
                ("length", .int(own.utf8.count)), ("factory_default", .bool(isFactory)),
                ("matches", matches.map { .bool($0) } ?? .null),
              ]))
          } else if own.isEmpty {
            Output.line("the unit tells no password")
          } else {
            let kind = isFactory ? "the factory's: anybody can use the app with it" : "not the factory's"
            Output.line("the unit's password has \(own.utf8.count) characters and is \(kind)")
            if let matches {
              Output.line(matches ? "it is the given one" : "it is another than the given one")
            }
          }
          if matches == false { throw DeviceError("", code: .fail) }
        }
      }
    }

    struct Change: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Write another password and say what the unit kept.",
        discussion: """
          No document names the register that takes the password. Whoever changes it must have seen the register in a
          recording of the vendor's app, and says it here or in the rig file ('unit-link', 'password-register');
          registers with a known meaning are refused. Exit code 1 when the unit kept something else.
          """)
      @OptionGroup var device: DeviceOptions
      @Option(
        help:
          "Register of command 05 that a recording of the app shows, e.g. 0x1C. Without it the rig file's.")
      var register: String?
      @Option(help: "File whose first line is the new password, six characters, or - for standard input.")
      var passwordFile: String
      @Flag(help: "Do not ask before writing to the register.") var yes = false

      func run() throws {
        let said = try register.map(Self.number)
        let wanted = try Password.line(of: passwordFile, .text)
        try device.run(.text) { link in
          guard let number = said ?? link.passwordRegister else {
            throw DeviceError(
              "nobody has said which register takes the password",
              advice:
                "say --register, or write 'password-register' under 'unit-link' of the rig file, as a recording "
                + "of the vendor's app shows it",
              code: .badInput)
          }
          let session = try await link.connect()
          let before = try await session.deviceInfo(deadline: link.exchangeDeadline).password
          if wanted == before { return Output.line("the unit has this password already") }
          try await DeviceConfirmation.ask(
            link.world,
            what: ["Write to register 05/\(HexText.packed([number])), whose meaning no document proves?"],
            assumed: yes)
          let heard = try await session.writePassword(
            wanted, register: number, deadline: link.exchangeDeadline)
          let after = try await session.deviceInfo(deadline: link.exchangeDeadline).password
          guard after == wanted else {
            throw DeviceError(
              after == before ? "the unit kept its password" : "the unit now has a password that is neither",
              advice: heard
                ? "it acknowledged the write: the register is another one" : "it did not acknowledge",
              code: .fail)
          }
          Output.line("the password was changed and read back")
        }
      }

      /// `0x1C` or `28`.
      private static func number(_ text: String) throws -> UInt8 {
        let digits = text.lowercased().hasPrefix("0x") ? String(text.dropFirst(2)) : nil
        if let number = digits.map({ UInt8($0, radix: 16) }) ?? UInt8(text) { return number }
        throw Complaint.end("'\(text)' is no register", "write e.g. 0x1C", code: .badInput, .text)
      }
    }

    static func line(of path: String, _ format: Format) throws -> String {
      let data =
        path == "-"
        ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path)
      guard let data, let text = String(data: data, encoding: .utf8) else {
        throw Complaint.end(
          "'\(path)' cannot be read as text", "check path and permissions", code: .badInput, format)
      }
      let line = String(text.prefix { !$0.isNewline })
      guard line.utf8.count == 6, line.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw Complaint.end(
          "that is no password of a unit", "it has six printable ASCII characters", code: .badInput, format)
      }
      return line
    }
  }
}
