import Ports
import Simulation

/// What a twin says to one program message unit.
public enum SCPIAnswer: Hashable, Sendable {
  /// Done; no reply.
  case done
  case text(String)
  /// A definite-length block with this payload.
  case block([UInt8])
  /// Refused; goes into the error queue where there is one. A query so refused sends no reply.
  case error(Int, String)

  public static let undefinedHeader = SCPIAnswer.error(-113, "Undefined header")
  public static let outOfRange = SCPIAnswer.error(-222, "Data out of range")
  public static let dataType = SCPIAnswer.error(-104, "Data type error")
  public static let settingsConflict = SCPIAnswer.error(-221, "Settings conflict")
}

/// The model-specific half of a text-speaking twin.
public protocol SCPITwinBehaviour: AnyObject {
  /// The whole `*IDN?` reply.
  var identity: String { get }
  /// Performs one unit. Common commands and the error queue are handled before, as `SCPITwinRules` says.
  func answer(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer
  /// Time the instrument needs for the unit: shortest and longest.
  func latency(of unit: SCPIUnit) -> (min: Interval, max: Interval)
  /// Back to the factory's or power-on settings (`*RST`).
  func reset(at now: WorldInstant)
  /// `*CLS`: event registers of the model's own are emptied.
  func clearStatus()
  /// The supply came back after it was gone.
  func powerOn(at now: WorldInstant)
  /// The inhibit input is pulled or let go, where the model has one.
  func inhibit(_ isPulled: Bool, at now: WorldInstant)
  /// Bytes arrived, whatever they say: what feeds a communication watchdog.
  func heard(at now: WorldInstant)
  /// False once the instrument can no longer be reached, e.g. after it changed its own network address.
  var isReachable: Bool { get }
  /// When the instrument does something by itself (a watchdog, the end of a ramp); nil while nothing will.
  var nextEvent: WorldInstant? { get }
  /// Runs everything due up to and including `now`.
  func advance(to now: WorldInstant)
}

extension SCPITwinBehaviour {
  public func clearStatus() {}
  public func powerOn(at now: WorldInstant) { reset(at: now) }
  public func inhibit(_ isPulled: Bool, at now: WorldInstant) {}
  public func heard(at now: WorldInstant) {}
  public var isReachable: Bool { true }
  public var nextEvent: WorldInstant? { nil }
  public func advance(to now: WorldInstant) {}
}

/// Manners of a model on the wire.
public struct SCPITwinRules: Hashable, Sendable {
  public var replyTerminator = "\n"
  /// Entries that the error queue holds; 0: the model has none, nor `*CLS`, `*ESR?`, `*STB?`.
  public var errorQueueDepth = 20
  /// The reply of an empty error queue.
  public var noError = "0,\"No error\""
  /// A message that arrives sooner than this after the one before it is ignored.
  public var toleratedGap = Interval.zero
  public var messageLengthMax = 4096
  public init() {}
}

/// The half that every text-speaking twin shares: messages from bytes, compound units, common commands, the error
/// queue, one message after the other, and deviations that a scenario asks for.
///
/// Not modelled: *interrupted* and *unterminated* query errors (−410, −420), status byte and service requests.
/// Source: IEEE 488.2 and SCPI-99 as summarised in the instrument protocol notes, section 4.
public final class SCPITwin: OutputReportingHost {
  public let behaviour: any SCPITwinBehaviour
  let rules: SCPITwinRules
  private var fault: TwinFault
  private var random: SeededRandom
  private var input: [UInt8] = []
  private var isOverlong = false
  private var errors: [String] = []
  /// Power-on bit set until first read.
  private var eventStatus = 128
  /// The instrument works on one message at a time.
  private var busyUntil = WorldInstant.start
  private var lastHeard: WorldInstant?
  /// Deaf until then: it starts.
  private var startedAt = WorldInstant.start
  /// From supply to the first command that is heard; project default for instruments of this class.
  static let startTime = Interval.seconds(8)

  public init(
    _ behaviour: any SCPITwinBehaviour, rules: SCPITwinRules = SCPITwinRules(), context: TwinContext
  ) throws(OptionError) {
    self.behaviour = behaviour
    self.rules = rules
    random = context.random.fork("twin")
    fault = try TwinFault(options: context.options)
  }

  public var outputReporter: (any OutputReporting)? { behaviour as? any OutputReporting }
  public var nextEvent: WorldInstant? { behaviour.nextEvent }
  public func advance(to now: WorldInstant) { behaviour.advance(to: now) }

  public func clear(at now: WorldInstant) {
    input = []
    isOverlong = false
  }

  public func powerCycle(at now: WorldInstant) {
    behaviour.advance(to: now)
    clear(at: now)
    errors = []
    eventStatus = 128
    startedAt = now + Self.startTime
    busyUntil = startedAt
    behaviour.powerOn(at: now)
  }

  public func inhibit(_ isPulled: Bool, at now: WorldInstant) {
    behaviour.advance(to: now)
    behaviour.inhibit(isPulled, at: now)
  }

  public func receive(_ bytes: [UInt8], at now: WorldInstant) -> [TwinReply] {
    guard now >= startedAt else { return [] }
    behaviour.advance(to: now)
    behaviour.heard(at: now)
    var replies: [TwinReply] = []
    for byte in bytes {
      guard byte == 0x0A else {
        if input.count < rules.messageLengthMax { input.append(byte) } else { isOverlong = true }
        continue
      }
      if input.last == 0x0D { input.removeLast() }
      let message = String(decoding: input, as: UTF8.self)
      input = []
      if isOverlong {
        isOverlong = false
        push(-363, "Input buffer overrun")
        continue
      }
      replies += perform(message, at: now)
    }
    return replies
  }

  // MARK: one message

  private func perform(_ message: String, at now: WorldInstant) -> [TwinReply] {
    guard behaviour.isReachable else { return [] }
    if let lastHeard, now < lastHeard + rules.toleratedGap { return [] }
    lastHeard = now
    var start = max(now, busyUntil)
    var reply: [UInt8] = []
    var path: [Substring] = []
    for text in SCPIText.split(message, at: ";") {
      guard let unit = Self.resolve(text, path: &path) else { continue }
      let span = behaviour.latency(of: unit)
      start = start + Interval(seconds: random.uniform(span.min.seconds, span.max.seconds))
      guard let said = say(unit, at: now) else { break }
      guard !said.isEmpty else { continue }
      if !reply.isEmpty { reply.append(UInt8(ascii: ";")) }
      reply += said
    }
    busyUntil = start
    guard !reply.isEmpty else { return [] }
    return fault.deliver(
      reply, terminator: Array(rules.replyTerminator.utf8), delay: start - now, random: &random)
  }

  /// The bytes that answer one unit; nil after an error, which ends the message.
  private func say(_ unit: SCPIUnit, at now: WorldInstant) -> [UInt8]? {
    switch common(unit, at: now) ?? behaviour.answer(unit, at: now) {
    case .done: return []
    case .text(let text): return Array(text.utf8)
    case .block(let payload):
      let length = String(payload.count)
      return Array("#\(length.count)\(length)".utf8) + payload
    case .error(let code, let text):
      push(code, text)
      return nil
    }
  }

  private func common(_ unit: SCPIUnit, at now: WorldInstant) -> SCPIAnswer? {
    switch unit.header {
    case "*IDN?": return .text(fault.identity ?? behaviour.identity)
    case "*OPC?": return .text("1")
    case "*OPC": return .done
    case "*RST":
      behaviour.reset(at: now)
      return .done
    default: break
    }
    guard rules.errorQueueDepth > 0 else { return nil }
    switch unit.header {
    case "*CLS":
      errors = []
      eventStatus = 0
      behaviour.clearStatus()
      return .done
    case "*ESR?":
      defer { eventStatus = 0 }
      return .text("\(eventStatus)")
    case "SYST:ERR?", "SYSTEM:ERROR?", "SYST:ERR:NEXT?", "SYSTEM:ERROR:NEXT?":
      return .text(errors.isEmpty ? rules.noError : errors.removeFirst())
    default: return nil
    }
  }

  private func push(_ code: Int, _ text: String) {
    guard rules.errorQueueDepth > 0 else { return }
    eventStatus |= (-199 ... -100).contains(code) ? 32 : (-299 ... -200).contains(code) ? 16 : 8
    if errors.count < rules.errorQueueDepth {
      errors.append("\(code),\"\(text)\"")
    } else {
      errors[errors.count - 1] = "-350,\"Queue overflow\""
    }
  }

  /// After `;` the path stays in the branch of the header before it, unless the next begins with `:`; common
  /// commands leave the path alone.
  private static func resolve(_ text: String, path: inout [Substring]) -> SCPIUnit? {
    let body = SCPIText.trimmed(text)
    guard !body.isEmpty else { return nil }
    let end = body.firstIndex { $0 == " " || $0 == "(" || $0 == "\t" } ?? body.endIndex
    let written = body[..<end].uppercased()
    let arguments = SCPIText.trimmed(body[end...])
    if written.hasPrefix("*") { return SCPIUnit(header: written, arguments: arguments) }
    let fromRoot = written.hasPrefix(":")
    let nodes = (fromRoot ? [] : path) + written.split(separator: ":")
    path = Array(nodes.dropLast())
    return SCPIUnit(header: nodes.joined(separator: ":"), arguments: arguments)
  }
}
