import Ports

/// Log files as `candump -l` writes them: `(1763884800.123456) can0 356#B0140A00FA00`.
public enum CandumpLog {
  /// A line without its end; nil for what is no frame.
  public static func line(_ packet: CapturedPacket) -> String? {
    guard case .can(let interface, let frame) = packet.content else { return nil }
    return line(time: packet.time, interface: interface, frame: frame)
  }

  /// - Parameter time: Nanoseconds; the format has microseconds.
  public static func line(time: Int64, interface: String, frame: CANFrame) -> String {
    let micro = time / 1000
    let fraction = String(micro % 1_000_000)
    let padding = String(repeating: "0", count: max(0, 6 - fraction.count))
    let parts = frame.text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    return "(\(micro / 1_000_000).\(padding)\(fraction)) \(interface) \(parts[0])#\(parts[1].uppercased())"
  }

  /// Reads a line.
  /// - Returns: nil when it is none of this form.
  public static func packet(_ line: some StringProtocol) -> CapturedPacket? {
    let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
    guard parts.count == 3 || (parts.count == 4 && (parts[3] == "R" || parts[3] == "T")),
      parts[0].first == "(", parts[0].last == ")", let time = time(parts[0].dropFirst().dropLast()),
      let frame = CANFrame(text: parts[2], at: WorldInstant(nanoseconds: time))
    else { return nil }
    return CapturedPacket(
      time: time, outgoing: parts.count == 4 && parts[3] == "T",
      content: .can(interface: String(parts[1]), frame: frame))
  }

  private static func time(_ text: some StringProtocol) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...9).contains(parts[1].utf8.count), parts[0].utf8.count <= 10,
      let seconds = UInt32(parts[0]), let fraction = UInt32(parts[1])
    else { return nil }
    var nanoseconds = Int64(fraction)
    for _ in parts[1].utf8.count..<9 { nanoseconds *= 10 }
    return Int64(seconds) * 1_000_000_000 + nanoseconds
  }
}
