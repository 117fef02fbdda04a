import CSystemBus

/// Whom to ask on the bus.
struct BusAddress: Hashable, Sendable {
  let destination: String
  let path: String
  let interface: String

  /// The bus itself.
  static let bus = BusAddress(
    destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus")
}

/// A signal or a method call that arrived.
struct BusMessage: Hashable, Sendable {
  var sender = ""
  var path: String
  var interface: String
  var member: String
  var arguments: [BusValue]
}

/// Why a call gave no answer.
enum BusFailure: Error, Hashable, Sendable {
  /// The other program answered with an error: its name, e.g. `org.bluez.Error.Failed`, and its words.
  case answered(name: String, words: String)
  /// The connection with the bus ended or never came about.
  case disconnected(SystemError)
  /// Deadline, stop or cancellation came first.
  case ended(WaitEnd)

  /// The last part of the error's name, e.g. `Failed`.
  var kind: String {
    guard case .answered(let name, _) = self else { return "" }
    return name.split(separator: ".").last.map(String.init) ?? name
  }

  var words: String {
    switch self {
    case .answered(let name, let words): words.isEmpty ? name : words
    case .disconnected(let error): "the connection with the system bus ended (\(error.words))"
    case .ended: "no answer"
    }
  }
}

extension BusMessage {
  /// - Returns: nil for a message whose contents cannot be read.
  init?(_ message: OpaquePointer) {
    func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
    guard let arguments = try? BusValue.all(in: message) else { return nil }
    self.init(
      sender: text(sd_bus_message_get_sender(message)), path: text(sd_bus_message_get_path(message)),
      interface: text(sd_bus_message_get_interface(message)),
      member: text(sd_bus_message_get_member(message)), arguments: arguments)
  }
}
