import DUT
import Documents
import Instruments
import Model
import Ports
import Quantities

/// Checks a rig against the driver catalogue: options, channels, capabilities, calibration, one world for all.
struct RigCheck {
  let document: RigDocument
  let file: YAMLDocument
  var rig: Rig { document.rig }

  static let checks = RigDocument.Checks(
    address: { text in
      do throws(PortError) {
        _ = try PortAddress(parsing: text)
        return nil
      } catch {
        return "address '\(text)': \(error.cause); \(error.advice)"
      }
    },
    driver: { id in
      guard InstrumentCatalog.entry(id) == nil else { return nil }
      let known = InstrumentCatalog.entries.map(\.id)
      let near = NearestName.suggestion(for: id, in: known)
      return "no driver '\(id)' exists; " + (near.isEmpty ? "known: \(known.joined(separator: ", "))" : near)
    })

  func findings(on date: String) -> [Finding] {
    document.calibrationFindings(on: date) + structure()
  }

  /// Everything but the calibrations.
  func structure() -> [Finding] {
    var findings: [Finding] = []
    for instrument in rig.instruments { findings += self.instrument(instrument) }
    for role in rig.roles { findings += self.role(role) }
    return findings + bus() + serial() + password() + oneWorld() + person()
  }

  /// A register that is known to hold something else would be spoilt by a password.
  private func password() -> [Finding] {
    guard let number = rig.unitLink.passwordRegister,
      let known = SettingsRegister.find(command: Command.writeLegacy.rawValue, number: number)
    else { return [] }
    return [
      Finding(
        place: place("unit-link", "password-register"), message: "\(known) holds no password",
        suggestion: "name the register that a recording of the vendor's app shows, or leave it out")
    ]
  }

  private func bus() -> [Finding] {
    guard let bus = rig.unitBus else { return [] }
    var findings: [Finding] = []
    if let address = try? PortAddress(parsing: bus.address), ![.can, .sim].contains(address.scheme) {
      findings.append(
        Finding(
          place: place("unit-bus", "address"), message: "'\(bus.address)' is no CAN bus",
          suggestion: "write e.g. can://can0"))
    }
    if let profile = bus.profile {
      findings +=
        BusProfileReading(profile) { quantity, index in
          self.place("unit-bus", "signals", quantity, index)
        }.findings
    }
    return findings
  }

  /// The place of a value, or of the nth entry where it is a list.
  private func place(_ table: String, _ part: String, _ key: String, _ index: Int) -> SourcePlace {
    guard case .list(let items, _) = value(at: [table, part, key]), items.indices.contains(index) else {
      return place(table, part, key)
    }
    return items[index].place
  }

  private func serial() -> [Finding] {
    guard let text = rig.unitSerial?.address, let address = try? PortAddress(parsing: text),
      ![.serial, .tcp, .sim].contains(address.scheme)
    else { return [] }
    return [
      Finding(
        place: place("unit-rs485", "address"), message: "'\(text)' is no serial line",
        suggestion: "write e.g. serial:///dev/ttyUSB0?baud=115200&rs485=rts")
    ]
  }

  /// A simulated person looks at a simulated unit; a real one can sit at a terminal in front of either.
  private func person() -> [Finding] {
    guard let text = rig.operatorAddress, let address = try? PortAddress(parsing: text) else { return [] }
    let place = place("operator")
    guard address.scheme == .sim || address.scheme == .terminal else {
      return [
        Finding(
          place: place, message: "nobody can be asked through a \(address.scheme.rawValue) address",
          suggestion: "write terminal:// or, on a simulated rig, sim://operator")
      ]
    }
    guard address.scheme == .sim, !rig.isSimulated else { return [] }
    return [
      Finding(
        place: place, message: "a simulated operator cannot look at the unit of a real rig",
        suggestion: "write 'operator: terminal://'")
    ]
  }

  private func instrument(_ instrument: RigInstrument) -> [Finding] {
    guard let entry = InstrumentCatalog.entry(instrument.driver) else { return [] }
    var findings: [Finding] = []
    let options = place("instruments", instrument.name, "options")
    for text in entry.findings(in: instrument.options) {
      findings.append(
        Finding(place: options, message: text, suggestion: "'bmsrig instruments' lists the options"))
    }
    if let address = try? PortAddress(parsing: instrument.address) {
      if entry.portKind(for: address.scheme) == nil {
        findings.append(
          Finding(
            place: place("instruments", instrument.name, "address"),
            message: "driver '\(entry.id)' cannot use a \(address.scheme.rawValue) address",
            suggestion: "it speaks over \(entry.portKinds.map(\.rawValue).joined(separator: " or "))"))
      }
      if address.scheme != .sim, !instrument.simulated.isEmpty {
        findings.append(
          Finding(
            place: place("instruments", instrument.name, "simulated"),
            message: "'simulated' has no meaning for a real instrument", suggestion: "remove it"))
      }
    }
    let known = entry.twinOptions.map(\.name) + entry.options.map(\.name)
    for key in instrument.simulated.keys.sorted() where !known.contains(key) {
      findings.append(
        Finding(
          place: place("instruments", instrument.name, "simulated", key),
          message: "the simulated '\(entry.id)' has no option '\(key)'",
          suggestion: NearestName.suggestion(for: key, in: known)))
    }
    return findings
  }

  private func role(_ role: RigRole) -> [Finding] {
    let need = role.name.kind.capability
    var findings: [Finding] = []
    for name in role.instruments {
      guard let instrument = rig.instrument(name), let entry = InstrumentCatalog.entry(instrument.driver)
      else { continue }
      let place = place("roles", role.name.rawValue)
      guard entry.capabilities.contains(need) else {
        findings.append(
          Finding(
            place: place,
            message: "role '\(role.name.rawValue)' needs \(need.words), '\(name)' (\(entry.id)) is none",
            suggestion: "'bmsrig instruments' lists what each driver does"))
        continue
      }
      guard let ranges = try? entry.ranges(instrument.options), !ranges.channels.isEmpty else { continue }
      for member in role.members where member.instrument == name {
        guard !ranges.channels.contains(where: { $0.contains(member.channel) }) else { continue }
        let known = ranges.channels.map { "\($0.lowerBound)…\($0.upperBound)" }.joined(separator: ", ")
        findings.append(
          Finding(
            place: place, message: "'\(name)' has no channel \(member.channel)", suggestion: "it has \(known)"
          ))
      }
    }
    return findings
  }

  /// Real and simulated instruments cannot share a rig: their clocks differ.
  private func oneWorld() -> [Finding] {
    // An address that cannot be read is a finding already.
    guard rig.instruments.allSatisfy({ (try? PortAddress(parsing: $0.address)) != nil }) else { return [] }
    // What a person reads belongs to either world.
    let wired = rig.instruments.filter { !$0.isReadByHand }
    let simulated = wired.filter { $0.address.hasPrefix("sim://") }
    let links =
      [rig.unitLink.address] + (rig.unitBus.map { [$0.address] } ?? [])
      + (rig.unitSerial.map { [$0.address] } ?? [])
    let link = links.contains { $0.hasPrefix("sim://") }
    let all = simulated.count == wired.count && links.allSatisfy { $0.hasPrefix("sim://") }
    guard !all, !simulated.isEmpty || link else { return [] }
    return [
      Finding(
        place: place("instruments"), message: "simulated and real addresses are mixed",
        suggestion: "use sim:// everywhere, the unit link included, or nowhere")
    ]
  }

  private func place(_ path: String...) -> SourcePlace { value(at: path).place }

  /// The value at a path, or where the path ends.
  private func value(at path: [String]) -> DocumentValue {
    var value = file.root
    for key in path {
      guard case .table(let entries, _) = value, let entry = entries.first(where: { $0.key == key }) else {
        break
      }
      value = entry.value
    }
    return value
  }
}

extension RoleName.Kind {
  var capability: DriverCapability {
    switch self {
    case .cellEmulator: .cellEmulator
    case .voltmeter: .voltmeter
    case .ohmmeter: .ohmmeter
    case .loopSource: .loopSource
    case .thermistors: .thermistors
    case .supply: .supply
    case .recorder: .recorder
    case .output, .input: .lines
    case .hand: .hand
    }
  }
}

extension DriverCapability {
  var words: String {
    switch self {
    case .cellEmulator: "a cell emulator"
    case .loopSource: "a bidirectional source"
    case .voltmeter: "a voltmeter"
    case .ohmmeter: "an ohmmeter"
    case .thermistors: "a thermistor simulator"
    case .supply: "a supply"
    case .recorder: "a pulse recorder"
    case .lines: "a bank of lines"
    case .hand: "an instrument that a person reads"
    }
  }
}

extension InstrumentCatalog {
  static func entry(_ id: String) -> DriverEntry? { entries.first { $0.id == id } }
}
