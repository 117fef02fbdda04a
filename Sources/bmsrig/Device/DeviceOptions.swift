import ArgumentParser
import DUT
import Documents
import Model
import Ports
import Rigging
import Simulation

/// Which unit is meant and how it is reached; the same for every `device` command.
struct DeviceOptions: ParsableArguments {
  @Option(help: "Bluetooth adapter, e.g. ble://hci0.")
  var link: String?
  @Option(
    help:
      "Rig file instead: takes the unit's link out of it. A simulated rig has a simulated unit, new each time."
  )
  var rig: String?
  @Option(help: "Bluetooth address of the unit, AA:BB:CC:DD:EE:FF, when several are in reach.")
  var address: String?
  @Option(help: "Advertised name of the unit.")
  var name: String?
  @Option(help: "Seconds to look for the unit.")
  var within: Double = 15
  @Option(help: "Unit file: the simulated unit to talk to (simulated rigs only).")
  var unitFile: String?
  @Option(help: "Seed of everything that a simulated rig draws by chance.")
  var seed: UInt64 = 1

  func validate() throws {
    guard (link == nil) != (rig == nil) else {
      throw ValidationError("say how the unit is reached: --link ble://hci0, or --rig RIG.yaml")
    }
    guard within.isFinite, (0.1...3600).contains(within) else {
      throw ValidationError("--within takes 0.1 to 3600 seconds")
    }
    if let address, address.wholeMatch(of: /[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}/) == nil {
      throw ValidationError("'\(address)' is no Bluetooth address; write e.g. 3C:A5:51:00:11:22")
    }
  }

  /// Where the radio is, and the rig it belongs to.
  private struct Place {
    var radio: PortAddress
    var name = ""
    var rig: Rig?
    var unitFile: UnitFile?
  }

  /// Runs `body` in the world that the options name, and ends the program with what to check when it fails.
  func run(_ format: Format, _ body: @escaping (DeviceLink) async throws -> Void) throws {
    let place = try place(format)
    let wanted = DeviceLink.Wanted(
      address: address ?? "", name: name ?? place.name, within: .seconds(within))
    let attempt: (any World) async throws -> DeviceError? = { world in
      let link = DeviceLink(
        world: world, radio: place.radio, wanted: wanted,
        passwordRegister: place.rig?.unitLink.passwordRegister)
      defer { link.close() }
      do {
        try await body(link)
        return nil
      } catch { return DeviceError(error) }
    }
    let failure: DeviceError?
    do {
      failure = try WorldChoice.run(desk: place.rig, unitFile: place.unitFile, seed: seed, attempt)
    } catch {
      failure = DeviceError(error)
    }
    guard let failure else { return }
    if failure.message.isEmpty { throw CommandEnd(failure.code) }
    throw Complaint.end(failure.message, failure.advice, code: failure.code, format)
  }

  private func place(_ format: Format) throws -> Place {
    guard let rig else { return try Place(radio: radioAddress(link ?? "", format)) }
    let reading = Preflight.rig(path: rig)
    guard let document = reading.value else {
      Output.findings(reading.findings, format: format)
      throw CommandEnd(.badInput)
    }
    var place = Place(radio: try radioAddress(document.rig.unitLink.address, format))
    place.name = document.rig.unitLink.name
    place.rig = document.rig
    guard let unitFile else { return place }
    guard document.rig.isSimulated else {
      throw Complaint.end(
        "a unit file describes a simulated unit, but rig '\(document.rig.name)' has a real one",
        "leave out --unit-file", code: .badInput, format)
    }
    let file = UnitFile.load(path: unitFile)
    guard let value = file.value else {
      Output.findings(file.findings, format: format)
      throw CommandEnd(.badInput)
    }
    place.unitFile = value
    return place
  }

  private func radioAddress(_ text: String, _ format: Format) throws -> PortAddress {
    do throws(PortError) {
      let address = try PortAddress(parsing: text)
      if address.scheme == .ble || (address.scheme == .sim && rig != nil) { return address }
      throw PortError(
        .badAddress, attempted: "use the address '\(text)'", port: text, cause: "it is no Bluetooth adapter",
        advice: "write e.g. ble://hci0; a simulated unit is reached with --rig Rigs/simulated.yaml")
    } catch {
      throw Complaint.end("\(error.port): \(error.cause)", error.advice, code: .badInput, format)
    }
  }
}
