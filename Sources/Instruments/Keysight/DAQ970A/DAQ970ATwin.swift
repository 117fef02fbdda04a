import Ports
import Quantities
import Simulation

/// A DAQ970A with three 20-channel multiplexers, bound to the circuit's terminals.
///
/// Modelled: the scan list as a definite block, the signed size, ascending scan order, `CONF` rewriting the scan list
/// and switching the channel field off, `9.9E37` for overload, scan time from integration time and relays, one gain
/// error and one offset of the converter, noise.
///
/// Not modelled: front panel, alarms, time stamps, triggers other than immediate, relay wear, `INIT` with a later
/// `FETC?` that fails because the scan was stopped. All channels of a scan see the circuit as it was when the scan
/// was started. A channel that is wired to nothing reads zero.
///
/// Source: instrument model notes, sections 5.2 and 10.
final class DAQ970ATwin: SCPITwinBehaviour {
  let identity: String
  private let circuit: Circuit
  private let terminals: [Int: Terminal]
  private var random: SeededRandom
  private let deviation: DAQ970ADeviation
  private let lineFrequency: Double

  private struct Setting {
    var range = DAQ970ARange.automatic
    var powerLineCycles = 10.0
    var function = DAQ970AFunction.voltage
  }
  private var settings: [Int: Setting] = [:]
  private var scanList: [Int] = []
  private var showsChannel = false
  /// Readings of the last scan with the time it ends.
  private var memory: (text: String, ends: WorldInstant)?
  private var scansDone = 0
  private var frozen: [Int: Double] = [:]

  /// Within 20 ppm of reading and 5 ppm of range (50 µV on 10 V): what a calibrated instrument keeps over a day.
  private let gainError: Double
  private let offsetPart: Double
  /// Of resistance, within 50 ppm.
  private let ohmsGainError: Double
  private var deviatesSince: WorldInstant?
  /// Standard deviation as a part of the range: 10 µV on 10 V.
  private static let noisePart = 1e-6

  init(_ context: TwinContext) throws(OptionError) {
    identity = "Keysight Technologies,DAQ970A,\(context.serial),A.03.02-01.00-03.02-00.01"
    circuit = context.circuit
    terminals = context.terminals
    var random = context.random.fork("readings")
    gainError = random.uniform(-20e-6, 20e-6)
    offsetPart = random.uniform(-5e-6, 5e-6)
    self.random = random
    var ohms = context.random.fork("ohms")
    ohmsGainError = ohms.uniform(-50e-6, 50e-6)
    deviation = try DAQ970ADeviation(context.options)
    lineFrequency = try DAQ970ASettings(context.options).lineFrequency
  }

  private enum Action {
    case configure, configureOhms, integration, integrationRead, setScan, scan, scanSize, setChannelField,
      channelField
    case source, count, initiate, fetch, read, abort
  }
  private static let table = SCPITable<Action>([
    ("CONFigure[:VOLTage][:DC]", .configure), ("CONFigure:FRESistance", .configureOhms),
    ("[SENSe:]FRESistance:NPLCycles", .integration), ("[SENSe:]FRESistance:NPLCycles?", .integrationRead),
    ("[SENSe:]VOLTage[:DC]:NPLCycles", .integration), ("[SENSe:]VOLTage[:DC]:NPLCycles?", .integrationRead),
    ("ROUTe:SCAN", .setScan), ("ROUTe:SCAN?", .scan), ("ROUTe:SCAN:SIZE?", .scanSize),
    ("FORMat:READing:CHANnel", .setChannelField), ("FORMat:READing:CHANnel?", .channelField),
    ("TRIGger:SOURce", .source), ("TRIGger:COUNt", .count), ("INITiate", .initiate), ("FETCh?", .fetch),
    ("READ?", .read), ("ABORt", .abort),
  ])

  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer {
    guard let action = Self.table.match(unit)?.action else { return .undefinedHeader }
    switch action {
    case .configure: return configure(unit)
    case .configureOhms: return configureOhms(unit)
    case .integration: return setIntegration(unit)
    case .integrationRead:
      guard let list = channels(unit.fields.last) else { return .outOfRange }
      return .text(list.map { KeysightNumber.text(setting($0).powerLineCycles) }.joined(separator: ","))
    case .setScan:
      guard let list = SCPIText.channelList(unit.arguments) ?? emptyList(unit), list.allSatisfy(isPresent)
      else {
        return .outOfRange
      }
      scanList = Array(Set(list)).sorted()
      memory = nil
      return .done
    case .scan: return .block(Array("(@\(scanList.map(String.init).joined(separator: ",")))".utf8))
    case .scanSize: return .text("+\(scanList.count)")
    case .setChannelField:
      guard let on = unit.flag else { return .dataType }
      showsChannel = on
      return .done
    case .channelField: return .text(showsChannel ? "1" : "0")
    case .source:
      return ["IMM", "IMMEDIATE"].contains(unit.arguments.uppercased()) ? .done : .settingsConflict
    case .count: return unit.number == 1 ? .done : .outOfRange
    case .initiate: return startScan(at: now) ?? .done
    case .read: return startScan(at: now) ?? .text(memory!.text)
    case .fetch: return memory.map { .text($0.text) } ?? .error(-230, "Data stale")
    case .abort:
      memory = nil
      return .done
    }
  }

  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval) {
    guard unit.header == "READ?" || unit.header == "FETC?" else {
      return (.microseconds(300), .milliseconds(2))
    }
    if unit.header == "FETC?" {
      let left = memory.map { max(Interval.zero, $0.ends - circuit.now) } ?? .zero
      return (left, left + .milliseconds(2))
    }
    let seconds = scanList.reduce(0.0) { $0 + conversionTime($1) }
    let count = Double(scanList.count)
    return (.seconds(seconds + count * 0.002), .seconds(seconds + count * DAQ970ASettings.relayTimeMax))
  }

  func reset(at now: WorldInstant) {
    settings = [:]
    scanList = []
    showsChannel = false
    memory = nil
  }

  // MARK: commands

  private func configure(_ unit: SCPIUnit) -> SCPIAnswer {
    guard let list = channels(unit.fields.last) else { return .outOfRange }
    guard let range = range(unit.fields.count > 1 ? unit.fields[0] : "AUTO") else { return .outOfRange }
    for channel in list { settings[channel] = Setting(range: range) }
    scanList = Array(Set(list)).sorted()
    showsChannel = false
    memory = nil
    return .done
  }

  /// Every resistance range is as good as automatic here.
  private func configureOhms(_ unit: SCPIUnit) -> SCPIAnswer {
    guard let list = channels(unit.fields.last), list.allSatisfy(DAQ970AChannels.hasPair) else {
      return .outOfRange
    }
    for channel in list { settings[channel] = Setting(function: .resistance) }
    scanList = Array(Set(list)).sorted()
    showsChannel = false
    memory = nil
    return .done
  }

  private func range(_ text: String) -> DAQ970ARange? {
    if ["AUTO", "DEF"].contains(text.uppercased()) { return .automatic }
    guard let volts = SCPIText.number(text), volts.magnitude <= 300 else { return nil }
    return DAQ970ARange.allCases.first { ($0.fullScale ?? 0) >= volts }
  }

  private func setIntegration(_ unit: SCPIUnit) -> SCPIAnswer {
    let fields = unit.fields
    guard fields.count == 2, let cycles = SCPIText.number(fields[0]), (0.02...200).contains(cycles),
      let list = channels(fields[1])
    else { return .outOfRange }
    for channel in list {
      var changed = setting(channel)
      changed.powerLineCycles = cycles
      settings[channel] = changed
    }
    return .done
  }

  private func setting(_ channel: Int) -> Setting { settings[channel] ?? Setting() }
  private func isPresent(_ channel: Int) -> Bool { DAQ970AChannels.isValid(channel) }
  private func emptyList(_ unit: SCPIUnit) -> [Int]? { unit.arguments == "(@)" ? [] : nil }
  private func channels(_ text: String?) -> [Int]? {
    guard let list = text.flatMap({ SCPIText.channelList($0) }), list.allSatisfy(isPresent) else {
      return nil
    }
    return list
  }

  private func conversionTime(_ channel: Int) -> Double {
    DAQ970ASettings.conversionTime(
      powerLineCycles: setting(channel).powerLineCycles, lineFrequency: lineFrequency)
  }

  // MARK: scan

  /// nil when the scan ran; the refusal otherwise.
  private func startScan(at now: WorldInstant) -> SCPIAnswer? {
    guard !scanList.isEmpty else { return .settingsConflict }
    var fields: [String] = []
    for channel in scanList {
      fields.append(KeysightNumber.text(shown(channel, at: now)))
      if showsChannel { fields.append("\(channel)") }
    }
    scansDone += 1
    let duration = scanList.reduce(0.0) { $0 + conversionTime($1) + DAQ970ASettings.relayTimeMax }
    memory = (fields.joined(separator: ","), now + .seconds(duration))
    return nil
  }

  private static let rangingMargin = 1.001

  private func shown(_ channel: Int, at now: WorldInstant) -> Double {
    let deviates = deviation.applies(to: channel, afterScans: scansDone)
    guard setting(channel).function == .voltage else { return ohms(channel, deviates: deviates) }
    let source = deviation.source(of: channel, afterScans: scansDone)
    let volts = terminals[source].map { circuit.voltage(at: $0) } ?? 0
    let selected = setting(channel).range
    // Ranging goes by what is seen, error and noise included: at the edge it takes the higher range and no overload.
    let range = selected == .automatic ? DAQ970ARange.holding(volts * Self.rangingMargin) : selected
    let fullScale = range.fullScale!
    let value =
      volts * (1 + gainError) + (offsetPart + Self.noisePart * random.normal()) * fullScale
    let displayMax = range == .volts300 ? 300 : fullScale * 1.2
    let right = value.magnitude > displayMax ? (value < 0 ? -9.9e37 : 9.9e37) : value
    guard deviates else { return right }
    switch deviation.kind {
    case .none, .swapped: return right
    case .gain: return right * (1 + deviation.gain)
    case .drift:
      let since = deviatesSince ?? now
      deviatesSince = since
      return right + deviation.driftPerMinute * (now - since).seconds / 60
    case .overload: return 9.9e37
    case .offset: return right + deviation.offset
    case .frozen:
      let held = frozen[channel] ?? right
      frozen[channel] = held
      return held
    }
  }

  private func ohms(_ channel: Int, deviates: Bool) -> Double {
    let ohms = terminals[channel].map { circuit.resistance(at: $0) } ?? .infinity
    guard ohms < 1e8 else { return 9.9e37 }
    let right = ohms * (1 + ohmsGainError)
    return deviates && deviation.kind == .gain ? right * (1 + deviation.gain) : right
  }
}
