import ArgumentParser
import DUT
import Foundation
import Model
import Ports
import Quantities

extension DeviceSettings {
  /// Settings to a file.
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write all settings to a YAML file, with units, ranges and the factory's values.")
    @Argument(help: "File to write, or - for standard output.") var file: String
    @Flag(help: "Replace a file that exists.") var force = false
    @OptionGroup var device: DeviceOptions

    func run() throws {
      if file != "-", !force, FileManager.default.fileExists(atPath: file) {
        throw Complaint.end("'\(file)' exists already", "add --force to replace it", code: .badInput, .text)
      }
      try device.run(.text) { link in
        let session = try await link.connect()
        let unit = try await UnitPicture.read(session, link)
        let text = DeviceSettingsFile.text(unit, address: session.peripheral)
        if file == "-" { return Output.write(text) }
        do {
          try text.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
          throw DeviceError(
            "'\(file)' cannot be written: \(error.localizedDescription)",
            advice: "check folder and permissions",
            code: .badInput)
        }
        Output.line("\(file): settings of \(unit.title)")
      }
    }
  }

  /// Settings from a file.
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare a file with the unit, write what differs and read it back.",
      discussion: """
        The whole file is checked before anything is opened. Only what differs is written, one setting after the other;
        the first one that the unit does not keep ends the import, and the report says which were changed, which were
        not and which are unknown.
        """)
    @Argument(help: "File that 'settings export' wrote.") var file: String
    @Flag(help: "Show the differences and write nothing.") var dryRun = false
    @Flag(help: "Do not ask before changing what protects the battery.") var yes = false
    @OptionGroup var device: DeviceOptions

    func run() throws {
      let reading = DeviceSettingsFile.load(path: file)
      guard let wanted = reading.value else {
        Output.findings(reading.findings, format: .text)
        throw CommandEnd(.badInput)
      }
      try device.run(.text) { link in
        let session = try await link.connect()
        let unit = try await UnitPicture.read(session, link)
        try refuse(wanted, for: unit)
        let differences = Self.differences(wanted, unit)
        for item in differences {
          let before = item.before.map(item.entry.named.text) ?? "not shown by this unit"
          Output.line("\(item.entry.named.name.padded(36)) \(before.padded(12)) → \(item.text)")
        }
        Output.line(
          "\(differences.count) of \(wanted.entries.count) settings differ"
            + (dryRun ? "; nothing was written (--dry-run)" : ""))
        guard !dryRun, !differences.isEmpty else { return }
        let grave = differences.filter(\.entry.named.concernsSafety)
        if !grave.isEmpty {
          try await DeviceConfirmation.ask(
            link.world,
            what: [
              "\(unit.title) at \(session.peripheral): \(grave.count) of these change what protects the battery."
            ],
            assumed: yes)
        }
        try await Self.write(differences, session, link)
      }
    }

    struct Difference {
      let entry: DeviceSettingsFile.Entry
      let before: Double?
      var text: String { entry.named.text(entry.value) }
    }

    private func refuse(_ wanted: DeviceSettingsFile, for unit: UnitPicture) throws {
      var findings: [Finding] = []
      if wanted.model != unit.model {
        findings.append(
          Finding(
            place: wanted.modelPlace,
            message: "these are settings of '\(wanted.model)', the unit is '\(unit.title)'",
            suggestion: "correct 'unit-settings' if they are meant for this unit"))
      }
      for entry in wanted.entries {
        if let problem = entry.named.problem(with: entry.value, model: unit.model) {
          findings.append(Finding(place: entry.place, message: "\(entry.named.name): \(problem)"))
        }
        if entry.named.value(in: unit.settings) == nil {
          findings.append(
            Finding(
              place: entry.place,
              message:
                "the unit speaks protocol \(unit.settings.version.rawValue), which has no '\(entry.named.name)'",
              suggestion: "take it out of the file"))
        }
      }
      guard !findings.isEmpty else { return }
      Output.findings(findings, format: .text)
      throw DeviceError("", code: .badInput)
    }

    private static func differences(_ wanted: DeviceSettingsFile, _ unit: UnitPicture) -> [Difference] {
      wanted.entries.compactMap { entry in
        let before = entry.named.value(in: unit.settings)
        if let before, entry.named.agree(before, entry.value) { return nil }
        return Difference(entry: entry, before: before)
      }
    }

    private static func write(
      _ differences: [Difference], _ session: BMSSession, _ link: DeviceLink
    ) async throws {
      for (index, item) in differences.enumerated() {
        let rest = differences[(index + 1)...].map(\.entry.named.name)
        let written = differences[..<index].map(\.entry.named.name)
        func ended(_ what: String, _ code: ExitCode, _ advice: String) -> DeviceError {
          DeviceError(
            [
              "the import ended half-way: \(what)",
              "changed and read back: \(list(written))", "not attempted: \(list(rest))",
            ].joined(separator: "\n"), advice: advice, code: code)
        }
        let proof: BMSSession.WriteProof
        do throws(BMSLinkError) {
          proof = try await session.write(
            item.entry.named.register, value: item.entry.named.wire(item.entry.value),
            deadline: link.exchangeDeadline)
        } catch {
          let unsure = error.code == .registerRefused || error.code == .writesBlocked
          throw ended(
            "\(item.entry.named.name): \(error.cause); "
              + (unsure ? "it was not sent" : "whether the unit took it is unknown"),
            DeviceError(error).code, "connect again and compare with --dry-run")
        }
        guard proof.proven else {
          let kept =
            item.entry.named.value(in: proof).map(item.entry.named.text) ?? "something it does not show"
          throw ended(
            "\(item.entry.named.name): asked for \(item.text), the unit kept \(kept)", .fail,
            "the unit may not allow this value together with others")
        }
        Output.line("\(item.entry.named.name): \(item.text), read back")
      }
    }

    private static func list(_ names: some Collection<String>) -> String {
      names.isEmpty ? "none" : names.joined(separator: ", ")
    }
  }
}
