import ArgumentParser
import DUT
import Foundation
import Model
import Ports
import Quantities
import Reports

/// `bmsrig device settings`.
struct DeviceSettings: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings", abstract: "Read, change, archive and restore the unit's settings.",
    discussion: """
      Values carry their unit: '3.65 V', '5 mV', '120 A', '500 µs', '280 Ah'; plain numbers for counts and codes.
      Every write is read back. Settings that protect the battery ask for a confirmation. Calibration and the maker's
      own registers cannot be written.
      """,
    subcommands: [Get.self, Set.self, Export.self, Import.self])

  /// What the unit stores.
  struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print one setting or all, with what may be written and the factory's value.")
    @Argument(help: "Name of a setting; all when left out.") var name: String?
    @OptionGroup var device: DeviceOptions
    @OptionGroup var format: FormatOption

    func run() throws {
      let chosen = try name.map { [try DeviceSettings.named($0, format.format)] } ?? NamedSetting.all
      try device.run(format.format) { link in
        let session = try await link.connect()
        let unit = try await UnitPicture.read(session, link)
        if case .json = format.format {
          return Output.json(
            .object([
              ("model", .string(unit.model)), ("settings", .array(chosen.map { Self.json($0, unit) })),
            ]))
        }
        if name != nil, let one = chosen.first {
          guard let value = one.value(in: unit.settings) else {
            throw DeviceError("protocol \(unit.settings.version.rawValue) does not tell '\(one.name)'")
          }
          return Output.line(one.text(value))
        }
        for named in chosen {
          guard let value = named.value(in: unit.settings) else { continue }
          let factory = named.factoryText(model: unit.model).map { "  factory: \($0)" } ?? ""
          Output.line(
            "\(named.name.padded(36)) \(named.text(value).padded(10)) "
              + "\(named.rangeText(model: unit.model).padded(20))\(factory)"
              + (named.isSettled(in: unit.settings) ? "" : "  (place in the frame unproven)"))
        }
      }
    }

    private static func json(_ named: NamedSetting, _ unit: UnitPicture) -> OrderedJSON {
      let range = named.allowed(model: unit.model)
      return .object([
        ("name", .string(named.name)), ("dimension", .string(named.dimension.rawValue)),
        ("unit", .string(named.dimension.baseUnit.symbol)),
        ("value", named.value(in: unit.settings).map { .double($0) } ?? .null),
        ("text", named.value(in: unit.settings).map { .string(named.text($0)) } ?? .null),
        ("low", .double(range.lowerBound)), ("high", .double(range.upperBound)),
        ("range_printed_in_manual", .bool(named.rangeOrigin == .manual)),
        ("factory", named.factoryText(model: unit.model).map { .string($0) } ?? .null),
        ("concerns_safety", .bool(named.concernsSafety)),
        ("settled", .bool(named.isSettled(in: unit.settings))),
      ])
    }
  }

  /// Writes one setting.
  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write one setting and say what the unit kept.",
      discussion:
        "'bluetooth-name' takes 1 to 10 ASCII characters. Exit code 1 when the unit kept something else.")
    @Argument(help: "Name of the setting, or bluetooth-name.") var name: String
    @Argument(help: "Value with unit, e.g. '3.65 V'; on or off for balancing.") var value: String
    @OptionGroup var device: DeviceOptions
    @Flag(help: "Do not ask before changing what protects the battery.") var yes = false
    @OptionGroup var format: FormatOption

    func run() throws {
      if name == "bluetooth-name" { return try rename() }
      let named = try DeviceSettings.named(name, format.format)
      let wanted: Double
      do throws(QuantityError) { wanted = try named.parse(value) } catch {
        throw Complaint.end("\(name): \(error.message)", error.suggestion, code: .badInput, format.format)
      }
      // What no unit of the family takes is refused before anything is opened.
      if let problem = named.problem(with: wanted, model: "") {
        throw Complaint.end("\(name): \(problem)", "nothing was opened", code: .badInput, format.format)
      }
      try device.run(format.format) { link in
        let session = try await link.connect()
        let unit = try await UnitPicture.read(session, link)
        if let problem = named.problem(with: wanted, model: unit.model) {
          throw DeviceError("\(name): \(problem)", advice: "nothing was written", code: .badInput)
        }
        let before = named.value(in: unit.settings)
        if named.concernsSafety {
          let change = "\(name): \(before.map(named.text) ?? "unknown") → \(named.text(wanted))"
          try await DeviceConfirmation.ask(
            link.world,
            what: [
              "\(unit.title) at \(session.peripheral)", change, "This changes what protects the battery.",
            ],
            assumed: yes)
        }
        let proof = try await session.write(
          named.register, value: named.wire(wanted), deadline: link.exchangeDeadline)
        try report(
          before: before.map(named.text), asked: named.text(wanted),
          kept: named.value(in: proof).map(named.text), proof)
      }
    }

    private func rename() throws {
      try device.run(format.format) { link in
        let session = try await link.connect()
        let proof = try await session.write(
          .bluetoothName, value: .text(value), deadline: link.exchangeDeadline)
        func text(_ value: RegisterValue?) -> String? {
          if case .text(let text)? = value { text } else { nil }
        }
        try report(before: text(proof.before), asked: value, kept: text(proof.readBack), proof)
      }
    }

    private func report(before: String?, asked: String, kept: String?, _ proof: BMSSession.WriteProof) throws
    {
      if case .json = format.format {
        Output.json(
          .object([
            ("name", .string(name)), ("before", before.map { .string($0) } ?? .null),
            ("asked", .string(asked)),
            ("kept", kept.map { .string($0) } ?? .null), ("acknowledged", .bool(proof.acknowledged)),
            ("proven", .bool(proof.proven)), ("place_settled", .bool(proof.slotSettled)),
          ]))
        if !proof.proven { throw DeviceError("", code: .fail) }
        return
      }
      guard proof.proven else {
        throw DeviceError(
          "\(name): asked for \(asked), the unit kept \(kept ?? "something it does not show")"
            + (before == kept ? " as before" : "") + (proof.acknowledged ? "" : "; it did not acknowledge"),
          advice: "read the settings again; the unit may not allow the value together with others",
          code: .fail)
      }
      Output.line(
        "\(name): \(before ?? "unknown") → \(kept ?? asked), read back"
          + (proof.slotSettled ? "" : " (from a place in the frame that is unproven)"))
    }
  }

  // MARK: shared

  static func named(_ name: String, _ format: Format) throws -> NamedSetting {
    if let named = NamedSetting.named(name) { return named }
    let known = NamedSetting.all.map(\.name)
    throw Complaint.end(
      "there is no setting '\(name)'", NearestName.suggestion(for: name, in: known), code: .badInput, format)
  }
}

/// Who the unit is and what it stores, read together.
struct UnitPicture {
  let model: String
  let identity: String
  let software: String
  let settings: Settings

  var title: String { "\(VisibleText.of(model)), \(VisibleText.of(software))" }

  static func read(_ session: BMSSession, _ link: DeviceLink) async throws -> UnitPicture {
    let info = try await session.deviceInfo(deadline: link.exchangeDeadline)
    let settings = try await session.readSettings(deadline: link.exchangeDeadline)
    return UnitPicture(
      model: info.model, identity: info.deviceIdentity, software: info.softwareVersion, settings: settings)
  }
}

extension NamedSetting {
  /// Why a value may not be written; nil when it may.
  func problem(with value: Double, model: String) -> String? {
    guard !allowed(model: model).contains(value) else { return nil }
    return "\(text(value)) is outside \(rangeText(model: model)), which is what \(rangeOrigin.rawValue)"
  }

  func isSettled(in settings: Settings) -> Bool { register.slot(in: settings.version)?.settled ?? true }

  func value(in proof: BMSSession.WriteProof) -> Double? { proof.readBack.flatMap(baseValue) }
}
