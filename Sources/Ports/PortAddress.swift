/// Where a port is: `tcp://192.168.10.21:7000`, `hislip://192.168.10.23/hislip0`, `serial:///dev/ttyUSB0?baud=115200`,
/// `usb://2A8D:0101/MY5900`, `gpio://gpiochip0`, `ble://hci0`, `can://can0`, `sim://emulator`; `terminal://` is where
/// the program was started, `hand://K-0031` an instrument that a person reads.
public struct PortAddress: Hashable, Sendable, CustomStringConvertible {
  public enum Scheme: String, Sendable, CaseIterable {
    case tcp, hislip, serial, usb, gpio, ble, can, terminal, hand, sim
  }

  public let scheme: Scheme
  /// Host, device path, vendor:product, chip, adapter or simulated name; empty for a terminal.
  public let target: String
  /// TCP port number; nil elsewhere, and where a HiSLIP address leaves the usual one.
  public let number: Int?
  /// What stands after the host of a HiSLIP address, e.g. `hislip0`; nil elsewhere, and where it is left out.
  public let part: String?
  /// `key=value` pairs after `?`, in the order written.
  public let options: [(key: String, value: String)]

  /// - Throws: `PortError` with code `.badAddress` that says what a right address looks like.
  public init(parsing text: String) throws(PortError) {
    func bad(_ why: String) -> PortError {
      PortError(
        .badAddress, attempted: "read the address '\(text)'", port: text, cause: why,
        advice:
          "write e.g. tcp://192.168.10.21:7000, hislip://192.168.10.23, serial:///dev/ttyUSB0?baud=115200, "
          + "usb://2A8D:0101/SERIAL, gpio://gpiochip0, ble://hci0 or sim://NAME")
    }
    guard let colon = text.firstRange(of: "://") else { throw bad("it has no scheme") }
    guard let scheme = Scheme(rawValue: String(text[..<colon.lowerBound])) else {
      throw bad("scheme '\(text[..<colon.lowerBound])' is unknown")
    }
    var rest = text[colon.upperBound...]
    var options: [(String, String)] = []
    if let mark = rest.firstIndex(of: "?") {
      for pair in rest[rest.index(after: mark)...].split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { throw bad("option '\(pair)' is not key=value") }
        options.append((String(parts[0]), String(parts[1])))
      }
      rest = rest[..<mark]
    }
    var number: Int?
    var part: String?
    if scheme == .hislip, let slash = rest.firstIndex(of: "/") {
      part = String(rest[rest.index(after: slash)...])
      rest = rest[..<slash]
      guard let part, !part.isEmpty, part.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw bad("nothing stands after the host's '/'")
      }
    }
    // The colons inside the brackets of an IPv6 number are none before a port number.
    let split = rest.lastIndex(of: ":").flatMap { rest[$0...].contains("]") ? nil : $0 }
    if scheme == .tcp || (scheme == .hislip && split != nil) {
      guard let split, let port = Int(rest[rest.index(after: split)...]), (1...65535).contains(port)
      else { throw bad("a \(scheme.rawValue) address needs a port number from 1 to 65535") }
      number = port
      rest = rest[..<split]
    }
    guard !rest.isEmpty || scheme == .terminal else {
      throw bad("nothing stands after '\(scheme.rawValue)://'")
    }
    self.scheme = scheme
    self.target = String(rest)
    self.number = number
    self.part = part
    self.options = options
    if scheme == .usb, usbIdentity == nil {
      throw bad("a usb address needs vendor and product in hexadecimal digits, as lsusb shows them")
    }
  }

  /// Of a usb address: vendor, product, and the serial number where one is written.
  public var usbIdentity: (vendor: UInt16, product: UInt16, serial: String?)? {
    guard scheme == .usb else { return nil }
    let parts = target.split(separator: "/", maxSplits: 1)
    let numbers = (parts.first ?? "").split(separator: ":", omittingEmptySubsequences: false).map {
      $0.hasPrefix("0x") || $0.hasPrefix("0X") ? $0.dropFirst(2) : $0
    }
    guard numbers.count == 2, numbers.allSatisfy({ $0.utf8.count == 4 }),
      let vendor = UInt16(numbers[0], radix: 16), let product = UInt16(numbers[1], radix: 16)
    else { return nil }
    return (vendor, product, parts.count > 1 ? String(parts[1]) : nil)
  }

  public func option(_ key: String) -> String? { options.first { $0.key == key }?.value }

  public var description: String {
    let query = options.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    let place = target + (number.map { ":\($0)" } ?? "") + (part.map { "/\($0)" } ?? "")
    return "\(scheme.rawValue)://\(place)\(query.isEmpty ? "" : "?" + query)"
  }

  public static func == (a: Self, b: Self) -> Bool { a.description == b.description }
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
