import Ports

/// A plan that cannot be read is refused as a whole, before anything is energised.
public struct GuardPlanError: Error, Hashable, Sendable, CustomStringConvertible {
  public let line: Int
  public let message: String
  public var description: String { "guard plan line \(line): \(message)" }
}

/// The plan as text: a word and its values a line, bytes as hex, times in nanoseconds.
extension GuardPlan {
  static let title = "bmsrig-guard-plan 2"

  public var text: String {
    var lines = [Self.title, "run \(Self.hex(run))", "silence \(silence.nanoseconds)"]
    if !proofPath.isEmpty { lines.append("proof \(Self.hex(proofPath))") }
    for link in links {
      lines.append(
        "link \(link.medium.rawValue) \(link.isShared ? "shared" : "single") \(link.gap.nanoseconds) "
          + "\(Self.hex(link.name)) \(Self.hex(link.address.description))")
    }
    if let permit { lines.append("permit \(Self.text(permit))") }
    for step in steps {
      lines.append("step \(step.within.nanoseconds) \(step.name)")
      if step.hold > .zero { lines.append("hold \(step.hold.nanoseconds)") }
      if !step.lack.isEmpty { lines.append("lack \(Self.hex(step.lack))") }
      for order in step.orders { lines += Self.text(order, "order") }
      lines += step.drives.map { "drive \(Self.text($0))" }
      if step.drivesAtOnce { lines.append("at-once") }
      lines += step.senses.map { "sense \(Self.text($0))" }
      for order in step.waits { lines += Self.text(order, "wait") }
    }
    return lines.joined(separator: "\n") + "\nend\n"
  }

  /// Names and paths may hold blanks.
  private static func hex(_ text: String) -> String { HexText.packed(text.utf8) }

  private static func text(_ drive: Drive) -> String { "\(drive.link) \(drive.line) \(drive.level ? 1 : 0)" }

  private static func text(_ order: Order, _ word: String) -> [String] {
    ["\(word) \(order.link)"] + order.messages.map { "send \(HexText.packed($0))" }
      + order.looks.flatMap { look in
        ["look \(text(look.expected)) \(HexText.packed(look.question))"]
          + look.prepare.map { "prepare \(HexText.packed($0))" }
      }
  }

  private static func text(_ expected: GuardExpectation) -> String {
    switch expected {
    case .off: "off"
    case .bitsClear(let bits, let count): "clear:\(bits):\(count)"
    case .below(let limit, let count, let stride): "below:\(limit):\(count):\(stride)"
    case .exactly(let bytes): "bytes:\(HexText.packed(bytes))"
    }
  }

  /// Reads `text`.
  public init(text: String) throws(GuardPlanError) {
    var reading = GuardPlanReading()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      do throws(GuardPlanReading.Problem) { try reading.take(line) } catch {
        throw GuardPlanError(line: index + 1, message: error.words)
      }
    }
    do throws(GuardPlanReading.Problem) { self = try reading.finished() } catch {
      throw GuardPlanError(line: lines.count, message: error.words)
    }
  }
}
