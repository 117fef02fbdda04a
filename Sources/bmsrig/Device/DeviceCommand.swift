import ArgumentParser
import DUT
import Model
import Ports
import Quantities
import Reports

/// `bmsrig device`: what the vendor's phone app does.
struct Device: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find a unit, read it, watch it and change its settings, as the vendor's phone app does.",
    discussion: """
      With --link ble://hci0 a real unit in reach is meant, with --rig the one in the rig's socket. On a simulated rig
      a simulated unit answers, switched on at a full-size pack at rest; it is new with every command.

      \(ExitCode.help)
      """,
    subcommands: [Scan.self, Info.self, Watch.self, DeviceSettings.self, Password.self])

  /// Units and other peripherals that advertise.
  struct Scan: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what advertises in reach, and which of it is a unit of the family.",
      discussion: "A unit that a phone is connected to does not advertise. Exit code 3 when no unit is heard."
    )
    @OptionGroup var device: DeviceOptions
    @Option(help: "Seconds to listen.") var seconds: Double = 5
    @OptionGroup var format: FormatOption

    func validate() throws {
      guard (0.1...3600).contains(seconds) else { throw ValidationError("--seconds takes 0.1 to 3600") }
    }

    func run() throws {
      try device.run(format.format) { link in
        let found = try await link.hear(for: .seconds(seconds))
          .sorted { ($0.signalLevelDBm, $1.address) > ($1.signalLevelDBm, $0.address) }
        switch format.format {
        case .text: Self.table(found)
        case .json: Output.json(.object([("peripherals", .array(found.map(Self.json)))]))
        }
        guard !found.contains(where: DeviceLink.isOfFamily) else { return }
        guard format.format == .text else { throw DeviceError("", code: .rigError) }
        throw DeviceError(
          "no unit of the family was heard",
          advice: "check that it is switched on and near, and that no phone is connected to it")
      }
    }

    private static func table(_ found: [Advertisement]) {
      guard !found.isEmpty else { return }
      Output.line("\("ADDRESS".padded(18)) \("NAME".padded(20)) \("SIGNAL".padded(8)) ENERKEY")
      for heard in found {
        let name = heard.name.isEmpty ? "-" : VisibleText.of(heard.name)
        let level = "\(heard.signalLevelDBm) dBm"
        Output.line(
          "\(heard.address.padded(18)) \(name.padded(20)) \(level.padded(8)) "
            + (DeviceLink.isOfFamily(heard) ? "yes" : "no"))
      }
    }

    private static func json(_ heard: Advertisement) -> OrderedJSON {
      .object([
        ("address", .string(heard.address)), ("name", .string(heard.name)),
        ("signal_dbm", .int(heard.signalLevelDBm)), ("services", .array(heard.services.map { .string($0) })),
        ("of_family", .bool(DeviceLink.isOfFamily(heard))),
      ])
    }
  }

  /// Who the unit is.
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print who the unit is and how it is.")
    @OptionGroup var device: DeviceOptions
    @Flag(help: "Show the unit's password instead of masking it.") var revealPassword = false
    @OptionGroup var format: FormatOption

    func run() throws {
      try device.run(format.format) { link in
        let session = try await link.connect()
        let info = try await session.deviceInfo(deadline: link.exchangeDeadline)
        let live = try await session.nextCellInfo(after: nil, deadline: link.exchangeDeadline).cellInfo
        switch format.format {
        case .text:
          for (key, value) in text(info, live, session) { Output.line("\(key.padded(16)) \(value)") }
        case .json:
          Output.json(
            .object([
              ("address", .string(session.peripheral)),
              ("protocol", session.version.map { .string($0.rawValue) } ?? .null),
              ("device", FrameValues.deviceInfo(info, revealPassword: revealPassword)),
              ("status", .string(live.operationStatus.name)), ("uptime_s", .int(live.uptimeSeconds)),
              ("anomaly", session.anomaly.map { .string($0) } ?? .null),
            ]))
        }
      }
    }

    private func text(_ info: DeviceInfo, _ live: CellInfo, _ session: BMSSession) -> [(String, String)] {
      var lines: [(String, String)] = [
        ("Model", VisibleText.of(info.model)), ("Hardware", VisibleText.of(info.hardwareVersion)),
        ("Software", VisibleText.of(info.softwareVersion)),
        ("App version", VisibleText.of(info.protocolVersion)),
        ("Protocol", session.version?.rawValue ?? "unknown"),
        ("Made on", VisibleText.of(info.productionDate)),
        ("Identity", VisibleText.of(info.deviceIdentity)), ("Address", session.peripheral),
        ("Bluetooth name", VisibleText.of(info.bluetoothName)), ("Power-ons", "\(info.powerOnCount)"),
        ("Total run time", Self.duration(info.totalRuntimeSeconds)),
        ("Since power-on", Self.duration(live.uptimeSeconds)), ("Status", live.operationStatus.words),
        ("Password", password(info.password)),
      ]
      if let anomaly = session.anomaly { lines.append(("Anomaly", anomaly)) }
      return lines
    }

    private func password(_ text: String) -> String {
      if text.isEmpty { return "none told" }
      return revealPassword ? VisibleText.of(text) : "\(PasswordMask.text) (--reveal-password shows it)"
    }

    /// `3 d 4 h 5 min`, `5 min 6 s`.
    static func duration(_ seconds: Int) -> String {
      let parts = [
        (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
      ]
      let first = parts.firstIndex { $0.0 > 0 } ?? 3
      // Seconds of a duration of days say nothing.
      return parts[first..<min(first + 3, 4)].map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
  }
}

extension OperationStatus {
  /// The status as people read it.
  var words: String { name.replacing("_", with: " ") }
}
