import Capabilities
import DBC
import DUT
import Model
import Quantities

/// Makes of the signals that a rig file names what the ear needs, or says what is wrong with them or the DBC file.
struct BusProfileReading {
  private let profile: UnitBusProfile
  private let place: (_ quantity: String, _ index: Int) -> SourcePlace
  private let database: DBCDatabase
  private(set) var findings: [Finding] = []
  /// Nil when there are findings.
  private(set) var picture: SignalPicture?

  /// - Parameter place: Where the nth signal of a quantity stands in the rig file.
  init(_ profile: UnitBusProfile, place: @escaping (_ quantity: String, _ index: Int) -> SourcePlace) {
    self.profile = profile
    self.place = place
    let (database, problems) = DBCReader.read(profile.content)
    self.database = database
    guard problems.isEmpty else {
      findings = problems.map {
        Finding(
          place: SourcePlace(file: profile.path, line: $0.line, column: $0.column), message: $0.message,
          suggestion: "")
      }
      return
    }
    read()
  }

  private mutating func read() {
    var sources: [SignalPicture.Source] = []
    var counts: [UnitBusQuantity: Int] = [:]
    for signal in profile.signals {
      guard let quantity = UnitBusQuantity(rawValue: signal.quantity) else {
        preconditionFailure("'\(signal.quantity)' is nothing that a bus tells")
      }
      let index = counts[quantity, default: 0]
      counts[quantity] = index + 1
      do throws(Mistake) {
        let source = try source(quantity, signal.name)
        if sources.contains(where: { $0.quantity == quantity && $0.isSame(as: source) }) {
          throw Mistake("'\(signal.name)' is named twice", "name each signal once")
        }
        sources.append(source)
      } catch {
        findings.append(
          Finding(place: place(signal.quantity, index), message: error.message, suggestion: error.suggestion))
      }
    }
    guard let voltage = sources.first(where: { $0.quantity == .packVoltage }) else { return }
    guard let period = profile.period ?? voltage.message.cycleTime else {
      findings.append(
        Finding(
          place: place("pack-voltage", 0),
          message:
            "'\(profile.file)' does not say how often '\(voltage.message.name)' comes (GenMsgCycleTime)",
          suggestion: "write it beside 'dbc:', e.g. 'period: 1 s'"))
      return
    }
    guard findings.isEmpty else { return }
    picture = SignalPicture(
      profile: "\(profile.file) (SHA-256 \(profile.contentHash.prefix(12))…)", database: database,
      sources: sources, period: period)
  }

  private struct Mistake: Error {
    let message: String
    let suggestion: String
    init(_ message: String, _ suggestion: String) {
      self.message = message
      self.suggestion = suggestion
    }
  }

  private func source(_ quantity: UnitBusQuantity, _ text: String) throws(Mistake) -> SignalPicture.Source {
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    let names = (words.first ?? "").split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard names.count == 2 else {
      let all = database.messages.flatMap { message in
        message.signals.filter { $0.name == words.first }.map { "\(message.name).\($0.name)" }
      }
      throw Mistake(
        "'\(text)' is no signal of a message",
        all.count == 1 ? "did you mean '\(all[0])'?" : "write MESSAGE.SIGNAL, e.g. \(example)")
    }
    guard let message = database.message(named: names[0]) else {
      throw Mistake(
        "'\(profile.file)' has no message '\(names[0])'",
        NearestName.suggestion(
          for: names[0], in: database.messages.filter { !$0.signals.isEmpty }.map(\.name)))
    }
    guard let signal = message.signal(named: names[1]) else {
      throw Mistake(
        "the message '\(names[0])' has no signal '\(names[1])'",
        NearestName.suggestion(for: names[1], in: message.signals.map(\.name)))
    }
    var scale = try scale(of: signal, as: quantity, written: words.count > 1 ? words[1] : nil)
    if quantity == .packCurrent, !profile.positiveIsCharging { scale = -scale }
    return SignalPicture.Source(quantity: quantity, message: message, signal: signal.name, scale: scale)
  }

  private var example: String {
    guard let message = database.messages.first(where: { !$0.signals.isEmpty }) else { return "Pack.Voltage" }
    return "\(message.name).\(message.signals[0].name)"
  }

  /// Base units per unit of the file. A unit is never guessed: a wrong one would make a wrong reading of a good unit.
  private func scale(
    of signal: DBCSignal, as quantity: UnitBusQuantity, written: String?
  ) throws(Mistake) -> Double {
    guard let dimension = quantity.dimension else {
      guard let written else { return 1 }
      throw Mistake("'\(written)' stands behind '\(signal.name)', and an alarm has no unit", "remove it")
    }
    let told = dimension.unit(spelled: signal.unit)
    let example = dimension.units.map(\.symbol).first { !$0.isEmpty } ?? ""
    let known = dimension.units.map(\.symbol).filter { !$0.isEmpty }.joined(separator: ", ")
    guard let written else {
      guard !signal.unit.isEmpty else {
        throw Mistake(
          "'\(profile.file)' does not say in which unit '\(signal.name)' is",
          "write it behind the name, e.g. '\(signal.name) \(example)'")
      }
      guard let told else {
        throw Mistake(
          "'\(signal.name)' is in '\(signal.unit)', and \(quantity.rawValue) is a \(dimension.name)",
          "where that means one of \(known), write it behind the name, e.g. '\(signal.name) \(example)'")
      }
      return told.factor
    }
    guard let unit = dimension.unit(spelled: written) else {
      throw Mistake("'\(written)' is no unit of a \(dimension.name)", "units: \(known)")
    }
    if !signal.unit.isEmpty, let told, told != unit {
      throw Mistake(
        "the file says that '\(signal.name)' is in '\(signal.unit)', not in '\(written)'",
        "remove the unit here")
    }
    return unit.factor
  }
}

extension UnitBusQuantity {
  /// Nil for alarms, which are on or off.
  var dimension: Dimension? {
    switch self {
    case .packVoltage, .cellVoltages: .voltage
    case .packCurrent: .current
    case .stateOfCharge: .ratio
    case .temperatures: .temperature
    case .alarms: nil
    }
  }
}
