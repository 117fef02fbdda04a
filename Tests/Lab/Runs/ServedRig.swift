import Foundation

/// The simulated rig, served in real time by a process of its own on the guest's buses: sockets, pseudo-terminals, USB,
/// lines and radio.
final class ServedRig {
  /// Serial number on the unit's label.
  static let unit = "EK24-000123"
  static let rig = "Rigs/simulated.yaml"
  /// Lines of the chip; the rig file uses 0 … 50.
  private static let lineCount = 51

  /// How long the controller may say nothing, in seconds.
  static let silence = 5

  /// Looks at the kernel's USB devices, 50 ms apart.
  private static let triesMax = 600

  /// Everything that the test leaves behind, on a file system that databases can use.
  let folder: String
  /// The rig at its real addresses.
  var file: String { folder + "/served.yaml" }
  let bank: SimulatedBank
  private let serving: Stranger

  /// - Parameter options: More of `bmsrig rig serve`.
  /// - Throws: when the program ends instead of serving.
  init(label: String, options: [String] = []) throws {
    for module in ["vhci-hcd", "hci_vhci"] { try Lab.load(module) }
    try Lab.settleDevices()
    try Lab.startBluetooth()
    folder = FileManager.default.temporaryDirectory.appending(path: "served-\(label)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    bank = try SimulatedBank(label: label, lines: Self.lineCount)
    try Lab.settleDevices()
    let arguments =
      [
        Program.path, "rig", "serve", Self.rig, "--unit", Self.unit, "--usb", "--bluetooth",
        "--gpio", bank.chip, "--rig-file", folder + "/served.yaml", "--output-log", folder + "/outputs.log",
      ] + options
    serving = try Stranger(arguments)
    var words: [String] = []
    while let line = try serving.nextLine() {
      words.append(line)
      if line.contains("serving in real time") { break }
    }
    guard serving.isRunning else {
      throw Lab.Failure(command: arguments, code: -1, output: words.joined(separator: "\n"))
    }
    try giveTheGuardTime()
    try waitForUSB()
  }

  /// An emulated processor may stand still for longer than a station's computer.
  private func giveTheGuardTime() throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let patient = text.replacing(/silence: .*/, with: "silence: \"\(Self.silence) s\"")
    guard patient != text else {
      throw Lab.Failure(command: ["rig", "serve"], code: -1, output: "no guard in \(text)")
    }
    try patient.write(toFile: file, atomically: true, encoding: .utf8)
  }

  deinit { end() }

  func end() {
    serving.end()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Serial numbers of the USB instruments in the served rig file.
  private func waitForUSB() throws {
    let addresses = try Lab.text(of: file).split(separator: "\n").filter { $0.contains("usb://") }
    let wanted = Set(addresses.compactMap { $0.split(separator: "/").last?.filter { $0 != "\"" } })
    var tries = 0
    while !wanted.isSubset(of: USBTree.serials()) {
      tries += 1
      guard serving.isRunning, tries < Self.triesMax else {
        throw Lab.Failure(
          command: ["rig", "serve", "--usb"], code: -1, output: "\(wanted) are not plugged in")
      }
      usleep(50_000)
    }
    try Lab.settleDevices()
  }
}

/// What the kernel says is plugged in.
enum USBTree {
  private static let root = "/sys/bus/usb/devices"

  static func serials() -> Set<String> { Set(places().keys) }

  /// Name in sysfs by serial number, e.g. `1-2`.
  static func places() -> [String: String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return Dictionary(
      names.compactMap { name in
        (try? Lab.text(of: "\(root)/\(name)/serial")).map { ($0, name) }
      }, uniquingKeysWith: { first, _ in first })
  }
}

/// The built program.
enum Program {
  /// `BMSRIG_PROGRAM`, or what was built beside the test bundle. In the emulated machine only the release build is fast
  /// enough for times of 0.2 s to be told with the uncertainty that their limits ask for.
  static let path =
    ProcessInfo.processInfo.environment["BMSRIG_PROGRAM"]
    ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "bmsrig")
    .path

  struct End {
    let code: Int32
    let output: String
  }

  /// Runs it to its end, whatever that is.
  static func run(_ arguments: String...) -> End {
    let end = Lab.ended([path] + arguments)
    return End(code: end.code, output: end.output)
  }
}
