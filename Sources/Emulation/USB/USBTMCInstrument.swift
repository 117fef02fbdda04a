import Ports
import Simulation

/// A USB test and measurement instrument (USB488 subclass) in front of a twin, which reads and writes the same bytes as
/// on every other link.
///
/// A new message discards an answer that was ready and not fetched, as IEEE 488.2 wants it; one that is not ready yet
/// comes all the same, as from real instruments that lag behind.
///
/// Not modelled: service requests, termination characters, vendor messages; remote, local and lockout are accepted and
/// change nothing. Source: USBTMC 1.0 and USB488 1.0 as summarised in the instrument protocol notes, section 1.
public final class USBTMCInstrument: USBFunction {
  public static let outgoing: UInt8 = 0x01
  public static let incoming: UInt8 = 0x82
  public static let interrupt: UInt8 = 0x83

  public let descriptors: USBDescriptors
  public var habits: USBTMCHabits
  /// What the host did against the rules, in words.
  public internal(set) var violations: [String] = []
  /// Messages that were received whole.
  public internal(set) var messageCount = 0
  /// Device clears that were performed.
  public internal(set) var clearCount = 0

  let twin: any InstrumentTwin
  var output: [USBOutput] = []
  var deviations: [(deviation: USBTMCDeviation, skip: Int)] = []
  /// Received bytes of transfers that are not whole.
  var input: [UInt8] = []
  /// Payload of a message whose end has not come.
  var message: [UInt8] = []
  var lastTag: UInt8 = 0
  /// What the host asked for and did not get yet.
  var request: (tag: UInt8, size: Int)?
  /// What the twin said; readable from `due` on.
  var answers: [(due: WorldInstant, bytes: [UInt8])] = []
  var abortedCount: UInt32 = 0
  var earliest = WorldInstant.start

  /// - Parameters:
  ///   - isHighSpeed: 512 bytes a packet, else 64.
  public init(
    _ twin: any InstrumentTwin, vendor: UInt16, product: UInt16, maker: String, name: String, serial: String?,
    isHighSpeed: Bool = true, habits: USBTMCHabits = USBTMCHabits()
  ) {
    self.twin = twin
    self.habits = habits
    let packetSize = isHighSpeed ? 512 : 64
    descriptors = USBDescriptors(
      vendor: vendor, product: product, maker: maker, name: name, serial: serial,
      interfaces: [
        .init(
          number: 0, class: 0xFE, subclass: 3, protocol: 1,
          endpoints: [
            .init(Self.outgoing, .bulk, packetSize: packetSize),
            .init(Self.incoming, .bulk, packetSize: packetSize),
            .init(Self.interrupt, .interrupt, packetSize: 2),
          ])
      ])
  }

  /// Lets something go wrong with the next answer (or command), or one `after` that many.
  public func plan(_ deviation: USBTMCDeviation, after skip: Int = 0) { deviations.append((deviation, skip)) }

  public func takeOutput() -> [USBOutput] {
    defer { output = [] }
    return output
  }

  public var nextEvent: WorldInstant? {
    let answer = request == nil ? nil : answers.first?.due
    guard let own = twin.nextEvent else { return answer }
    return answer.map { min($0, own) } ?? own
  }

  public func advance(to now: WorldInstant) {
    twin.advance(to: now)
    answer(at: now)
  }

  public func haltCleared(_ endpoint: UInt8, at now: WorldInstant) {
    guard endpoint == Self.incoming else { return }
    output.append(.flush(endpoint: endpoint))
    request = nil
  }

  /// The planned deviation whose turn it is, of those that concern commands or of the others.
  func takeDeviation(ofCommands: Bool) -> USBTMCDeviation? {
    guard let index = deviations.firstIndex(where: { $0.deviation.concernsCommands == ofCommands }) else {
      return nil
    }
    guard deviations[index].skip == 0 else {
      deviations[index].skip -= 1
      return nil
    }
    return deviations.remove(at: index).deviation
  }

  // MARK: commands

  public func receive(_ bytes: [UInt8], endpoint: UInt8, at now: WorldInstant) -> USBReception {
    if input.isEmpty, bytes.first == 1 {
      switch takeDeviation(ofCommands: true) {
      case .takesNoCommand: return .notNow
      case .stallsCommand: return .refused
      default: break
      }
    }
    input += bytes
    let isEnded = bytes.count % (descriptors.packetSize(of: endpoint) ?? 64) != 0
    while input.count >= 12 {
      let size = (0..<4).reduce(0) { $0 | Int(input[4 + $1]) << (8 * $1) }
      let isData = input[0] == 1
      let whole = isData ? 12 + (size + 3) / 4 * 4 : 12
      guard input.count >= whole || (isEnded && input.count >= 12 + size) else { break }
      let transfer = Array(input.prefix(whole))
      input.removeFirst(min(whole, input.count))
      guard take(transfer, size: size, at: now) else {
        input = []
        return .refused
      }
    }
    if isEnded, !input.isEmpty {
      violations.append("a transfer of \(input.count) bytes is not whole")
      input = []
      return .refused
    }
    return .taken
  }

  private func take(_ transfer: [UInt8], size: Int, at now: WorldInstant) -> Bool {
    let tag = transfer[1]
    guard tag != 0, transfer[2] == ~tag, transfer[3] == 0 else {
      violations.append("tag \(tag) with complement \(transfer[2])")
      return false
    }
    if tag == lastTag { violations.append("tag \(tag) twice in a row") }
    lastTag = tag
    let isTooSoon = now < earliest
    earliest = now + habits.gap
    switch transfer[0] {
    case 1:
      if transfer.count % 4 != 0 { violations.append("a transfer of \(transfer.count) bytes is not padded") }
      message += transfer[12..<min(12 + size, transfer.count)]
      if transfer[8] & 1 != 0, !isTooSoon { perform(at: now) }
      if isTooSoon { message = [] }
    case 2:
      if request != nil { violations.append("a request while one is open") }
      if !isTooSoon { request = (tag, size) }
      answer(at: now)
    case 128:
      message = Array("*TRG".utf8)
      perform(at: now)
    default:
      violations.append("message kind \(transfer[0])")
      return false
    }
    return true
  }

  private func perform(at now: WorldInstant) {
    messageCount += 1
    answers.removeAll { $0.due <= now }
    if message.last != 0x0A { message.append(0x0A) }
    let replies = twin.receive(message, at: now)
    message = []
    guard !replies.isEmpty else { return }
    let delay = replies.map(\.delay).max() ?? .zero
    // One after the other, as one instrument works.
    let due = max(now + delay, answers.last?.due ?? .start)
    answers.append((due, replies.flatMap(\.bytes)))
  }
}
