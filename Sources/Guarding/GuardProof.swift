import Ports

/// What a guard did, as the next start of the controller finds it: one JSON object in a file beside the run's journal.
///
/// Format `bmsrig-guard-proof 1`. `noticed`, `told`, `sent` and `finished` are readings of CLOCK_MONOTONIC in
/// nanoseconds, `realtime` is the calendar at `noticed`. `confirmed` is true when every step was read back as it should
/// be. Of what was `sent` the list has the beginning.
public struct GuardProof: Hashable, Sendable {
  public struct Step: Hashable, Sendable {
    public var name: String
    public var confirmed: Bool
    public var words: String
  }
  public struct Sent: Hashable, Sendable {
    public var link: String
    public var bytes: [UInt8]
    public var at: Int64
  }

  public static let format = "bmsrig-guard-proof 1"
  public var run: String
  /// Why the guard acted.
  public var reason: String
  public var realtime: String
  public var noticed: Int64
  /// When the last message left that switches something off; nil when none did.
  public var told: Int64?
  public var finished: Int64
  /// Why the permit line could not be dropped; empty when it was, or there is none.
  public var permit = ""
  public var steps: [Step] = []
  public var sent: [Sent] = []

  public var confirmed: Bool { !steps.isEmpty && steps.allSatisfy(\.confirmed) }

  /// In words for the record.
  public var words: String {
    let off =
      told.map { "outputs were told to go off after \(($0 - noticed) / 1_000_000) ms" }
      ?? "no instrument could be told to go off"
    let open = steps.filter { !$0.confirmed }.map { "\($0.name): \($0.words)" }
    return "the guard acted at \(realtime) because \(reason); \(off); "
      + (permit.isEmpty ? "" : "the permit line could not be dropped: \(permit); ")
      + (confirmed ? "every step is confirmed" : "NOT CONFIRMED: " + open.joined(separator: "; "))
  }

  public var json: String {
    var out = "{\"format\":\(Self.quoted(Self.format)),\"run\":\(Self.quoted(run)),"
    out += "\"reason\":\(Self.quoted(reason)),\"realtime\":\(Self.quoted(realtime)),"
    if let told { out += "\"told\":\(told)," }
    if !permit.isEmpty { out += "\"permit\":\(Self.quoted(permit))," }
    out += "\"noticed\":\(noticed),\"finished\":\(finished),\"confirmed\":\(confirmed),\n\"steps\":["
    out += steps.map {
      "\n{\"step\":\(Self.quoted($0.name)),\"confirmed\":\($0.confirmed),\"words\":\(Self.quoted($0.words))}"
    }.joined(separator: ",")
    out += "],\n\"sent\":["
    out += sent.map {
      "\n{\"link\":\(Self.quoted($0.link)),\"at\":\($0.at),\"bytes\":\(Self.quoted(Self.shown($0.bytes)))}"
    }.joined(separator: ",")
    return out + "]}\n"
  }

  /// Printable text as such, anything else as hex.
  private static func shown(_ bytes: [UInt8]) -> String {
    bytes.dropLast().allSatisfy { (0x20...0x7E).contains($0) } && bytes.last == 0x0A
      ? String(decoding: bytes.dropLast(), as: UTF8.self) : HexText.packed(bytes)
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\\(scalar)"
      case _ where scalar.value < 0x20: out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
