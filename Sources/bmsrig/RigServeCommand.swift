import ArgumentParser
import DUT
import Foundation
import Instruments
import LinuxPorts
import Model
import Ports
import Quantities
import Rigging
import Serving
import Simulation

/// `bmsrig rig serve`.
struct RigServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract:
      "Put the simulated instruments and the simulated unit on real ports, in real time, until Ctrl-C.",
    discussion: """
      Other programs reach them as they would reach the real ones: raw sockets, HiSLIP, serial lines. --rig-file \
      writes the same rig with the addresses in it, for `bmsrig rig probe` and `bmsrig run` in another process.

      """ + ExitCode.help)

  @Argument(help: "Simulated rig, e.g. Rigs/simulated.yaml.")
  var rig: String
  @Option(help: "Unit file: the simulated unit in the socket.")
  var unitFile: String?
  @Option(help: "Serial number on the unit's label.")
  var unit = ""
  @Option(help: "Cell chemistry that the unit is set to: NCM, LFP or LTO.")
  var chemistry = "LFP"
  @Option(help: "Cells in series that the unit is set to: 16 to 24.")
  var cells = 24
  @Option(help: "Variant of the unit: EK-B24S8E200A, EK-B24S8E250A or EK-B24S8E300A.")
  var model = "EK-B24S8E300A"
  @Option(help: "Seed of everything that is drawn by chance.")
  var seed: UInt64 = 1
  @Option(help: "Address of this computer to listen on; 0.0.0.0 for all its networks.")
  var listen = "127.0.0.1"
  @Option(help: "First TCP port number; the others follow it. Without it the kernel chooses.")
  var basePort: Int?
  @Option(help: "Instrument whose address in the written rig file is a serial line, may be repeated.")
  var serial: [String] = []
  @Option(help: "Instrument whose address in the written rig file is its HiSLIP port, may be repeated.")
  var hislip: [String] = []
  @Flag(help: "Emulate USB instruments for the kernel, too (root, module vhci-hcd); the rig file names them.")
  var usb = false
  @Flag(help: "Emulate a Bluetooth adapter with the unit in reach (root, module hci_vhci, bluetoothd).")
  var bluetooth = false
  @Option(help: "Chip of the kernel's GPIO simulator for the lines, e.g. gpiochip1 (root, module gpio-sim).")
  var gpio: String?
  @Option(
    help: "CAN interface on which the unit's frames are sent, e.g. vcan0 (ip link add dev vcan0 type vcan).")
  var can: String?
  @Option(help: "Where to write the rig file for other processes.")
  var rigFile: String?
  @Option(
    help:
      "Where to write a line for every output that goes on or off: CLOCK_MONOTONIC in ns, name, outputs on.")
  var outputLog: String?
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard Chemistry(rawValue: chemistry.uppercased()) != nil else {
      throw ValidationError("'\(chemistry)' is no chemistry; write NCM, LFP or LTO")
    }
    guard (16...24).contains(cells) else { throw ValidationError("--cells takes 16 to 24, not \(cells)") }
    if let basePort, !(1...65_000).contains(basePort) {
      throw ValidationError("--base-port takes 1 to 65000, not \(basePort)")
    }
  }

  func run() throws {
    let file = try RigCommand.load(rig, format.format)
    guard file.rig.isSimulated else {
      throw Complaint.end(
        "\(rig): only simulated rigs can be served, and this one has real addresses",
        "use a rig with sim:// addresses, e.g. Rigs/simulated.yaml", code: .badInput, format.format)
    }
    do {
      let unit = try simulatedUnit()
      try LinuxWorld.run { world in try await serve(file, unit, in: world) }
    } catch let error as RigBuildError {
      throw Complaint.end("\(error)", "nothing was opened", code: .badInput, format.format)
    } catch let error as PortError {
      let advice = error.code == .badAddress ? "" : "nothing is served any more"
      throw Complaint.end("\(error)", advice, code: .rigError, format.format)
    }
  }

  private func simulatedUnit() throws -> UnitParameters {
    let reading = unitFile.map { UnitFile.load(path: $0) }
    if let findings = reading?.findings, !findings.isEmpty {
      Output.findings(findings, format: format.format)
      throw CommandEnd(.badInput)
    }
    return try SimulatedSocket.unit(
      reading?.value, chemistry: Chemistry(rawValue: chemistry.uppercased())!, cellCount: cells,
      model: model.uppercased(), serial: unit, seed: seed)
  }

  private func serve(_ file: RigFile, _ unit: UnitParameters, in world: LinuxWorld) async throws {
    let plant = LivePlant(
      circuit: Circuit(parameters: SimulatedRig.parameters(file.rig.wiring)), seed: seed, world: world)
    try SimulatedRig.populate(plant, with: Self.lenient(file.rig), unit: unit)
    var serving = RigServing(
      rig: file.rig, plant: plant, world: world, host: listen, nextPort: basePort, serial: serial,
      hislip: hislip, usb: usb, bluetooth: bluetooth, chip: gpio, can: can)
    try await serving.open()
    if let outputLog { try attachLog(outputLog, to: plant, in: world) }
    try publish(serving, file)
    try await RigService(plant: plant, links: serving.links).run()
    if format.format == .text { Output.error("ended: \(world.stopRequested ?? "told to stop")") }
  }

  private func attachLog(_ path: String, to plant: LivePlant, in world: LinuxWorld) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Complaint.end(
        "\(path) cannot be written: \(String(cString: strerror(errno)))", "nothing is served",
        code: .badInput,
        format.format)
    }
    OutputLog.attach(to: plant, in: world) { line in
      _ = line.withCString { write(descriptor, $0, strlen($0)) }
    }
  }

  /// Two commands that left in time may be handed over together when this computer was busy: an instrument that loses
  /// commands in quick succession would lose ours for the computer's lag. What the rig file says of it still holds.
  private static func lenient(_ rig: Rig) -> Rig {
    let option = "tolerated-gap"
    var rig = rig
    for index in rig.instruments.indices where rig.instruments[index].simulated[option] == nil {
      let entry = InstrumentCatalog.entry(rig.instruments[index].driver)
      guard let entry, entry.twinOptions.contains(where: { $0.name == option }) else { continue }
      rig.instruments[index].simulated[option] = "0 ms"
    }
    return rig
  }

  /// Says what is where before the first client can come.
  private func publish(_ serving: RigServing, _ file: RigFile) throws {
    if let rigFile {
      let text = file.text(
        addresses: serving.addresses, unitLink: serving.unitLink, unitBus: serving.unitBus,
        unitSerial: serving.unitSerial,
        // The written file may stand in another folder.
        dbc: file.rig.unitBus?.profile.map { URL(fileURLWithPath: $0.path).path },
        comment: [
          "Written by `bmsrig rig serve \(rig)`: the rig '\(file.rig.name)' at the addresses where it is served now."
        ])
      if let problem = ReportFile.problem(writing: Array(text.utf8), to: rigFile) {
        throw Complaint.end(problem, "nothing is served", code: .badInput, format.format)
      }
    }
    switch format.format {
    case .json:
      Output.json(
        .object([
          (
            "links",
            .array(
              serving.links.map {
                .object([
                  ("name", .string($0.name)), ("address", .string($0.address)), ("kind", .string($0.words)),
                ])
              })
          ),
          (
            "not_served",
            .array(serving.missing.map { .object([("name", .string($0.name)), ("why", .string($0.why))]) })
          ),
          ("rig_file", rigFile.map { .string($0) } ?? .null),
        ]))
    case .text: serving.table.forEach(Output.line)
    }
  }
}
