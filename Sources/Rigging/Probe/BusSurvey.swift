import DUT
import Ports
import Quantities

/// What was heard on a bus, and whether it is what a profile expects.
struct BusSurvey {
  private var picture: any BusPicture
  private(set) var frameCount = 0
  private var heard: Set<BusIdentifier> = []
  private var foreign: Set<BusIdentifier> = []
  private var volts: Double?
  /// Foreign frames that are named.
  private static let namedMax = 6

  init(_ picture: any BusPicture) { self.picture = picture }

  /// The pack voltage was heard as the profile has it.
  var isRecognised: Bool { volts != nil }
  var isComplete: Bool { isRecognised && picture.identifiers.allSatisfy(heard.contains) }

  mutating func take(_ frame: CANFrame) {
    frameCount += 1
    let name = BusIdentifier(frame)
    switch picture.take(frame) {
    case .foreign: foreign.insert(name)
    case .part: heard.insert(name)
    case .whole(let told):
      heard.insert(name)
      volts = told.packVoltage
    }
  }

  var words: String {
    guard frameCount > 0 else { return "it is silent, and without supply the unit says nothing" }
    let others =
      foreign.isEmpty ? "" : "; of no message that it reads: \(Self.list(foreign))"
    guard let volts else {
      return "\(frameCount) frames were heard, the profile '\(picture.profile)' is not recognised" + others
    }
    let missing = picture.identifiers.filter { !heard.contains($0) }
    let gaps = missing.isEmpty ? "" : "; not heard: \(Self.list(Set(missing)))"
    return "the profile '\(picture.profile)' is recognised, \(Voltage(volts))" + gaps + others
  }

  private static func list(_ names: Set<BusIdentifier>) -> String {
    let sorted = names.map(\.description).sorted()
    return sorted.prefix(namedMax).joined(separator: ", ") + (sorted.count > namedMax ? ", …" : "")
  }
}
