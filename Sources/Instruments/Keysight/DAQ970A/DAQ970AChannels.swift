/// Channel numbers and channel lists of the DAQ970A in its own spelling.
///
/// - Source: instrument model notes, section 5.2: slot × 100 + channel; 20 voltage channels per multiplexer module.
enum DAQ970AChannels {
  static let slots = 1...3
  static let perSlot = 1...20

  static func isValid(_ channel: Int) -> Bool {
    slots.contains(channel / 100) && perSlot.contains(channel % 100)
  }

  /// Four-wire resistance joins the channel with the one ten above it.
  static func hasPair(_ channel: Int) -> Bool { isValid(channel) && channel % 100 <= 10 }

  /// `(@101:105,201)`. Neighbours within one slot become a range; the list must be ascending.
  static func list(_ ascending: [Int]) -> String {
    var parts: [String] = []
    var i = 0
    while i < ascending.count {
      var j = i
      while j + 1 < ascending.count, ascending[j + 1] == ascending[j] + 1 { j += 1 }
      parts.append(i == j ? "\(ascending[i])" : "\(ascending[i]):\(ascending[j])")
      i = j + 1
    }
    return "(@" + parts.joined(separator: ",") + ")"
  }

  /// Reads `(@101:103,201)` and `(@)`, the payload of the block that answers `ROUT:SCAN?`.
  ///
  /// - Returns: nil when the text is anything else.
  static func parse(_ text: String) -> [Int]? {
    guard text.hasPrefix("(@"), text.hasSuffix(")") else { return nil }
    let inside = text.dropFirst(2).dropLast()
    guard !inside.isEmpty else { return [] }
    var channels: [Int] = []
    for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
      switch ends.count {
      case 1:
        guard let only = ends[0] else { return nil }
        channels.append(only)
      case 2:
        guard let low = ends[0], let high = ends[1], low <= high, high - low < 1000 else { return nil }
        channels += (low...high).filter(isValid)
      default: return nil
      }
    }
    return channels
  }
}

/// What a channel measures.
enum DAQ970AFunction: Hashable {
  case voltage, resistance

  /// As `CONF` and `SENS` take it.
  var header: String {
    switch self {
    case .voltage: "VOLT:DC"
    case .resistance: "FRES"
    }
  }
}

/// Measuring ranges of the DAQ970A's voltmeter.
enum DAQ970ARange: Hashable, CaseIterable {
  case automatic, millivolts100, volts1, volts10, volts100, volts300

  /// Full scale in volts; nil for automatic.
  var fullScale: Double? {
    switch self {
    case .automatic: nil
    case .millivolts100: 0.1
    case .volts1: 1
    case .volts10: 10
    case .volts100: 100
    case .volts300: 300
    }
  }

  /// As a command takes it.
  var parameter: String {
    switch self {
    case .automatic: "AUTO"
    case .millivolts100: "0.1"
    case .volts1: "1"
    case .volts10: "10"
    case .volts100: "100"
    case .volts300: "300"
    }
  }

  /// The smallest range that shows `volts`; readings up to 120 % of full scale count, except on 300 V.
  static func holding(_ volts: Double) -> Self {
    for range in [Self.millivolts100, .volts1, .volts10, .volts100]
    where volts.magnitude <= range.fullScale! * 1.2 {
      return range
    }
    return .volts300
  }
}
