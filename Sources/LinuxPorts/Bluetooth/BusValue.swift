import CSystemBus

/// A value as it stands in a message of the system bus. Variants are read as what they hold.
indirect enum BusValue: Hashable, Sendable {
  case boolean(Bool)
  /// Any of the integer types.
  case integer(Int64)
  case double(Double)
  case text(String)
  case path(String)
  case bytes([UInt8])
  case list([BusValue])
  /// Entries by the words of their key; written with variants as values (`a{sv}`).
  case table([String: BusValue])
  /// Something nobody here looks at, e.g. a file descriptor.
  case other

  var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
  var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
  var list: [BusValue]? { if case .list(let value) = self { value } else { nil } }
  var table: [String: BusValue]? { if case .table(let value) = self { value } else { nil } }
  /// Text, or the text of a path.
  var text: String? {
    switch self {
    case .text(let value), .path(let value): value
    default: nil
    }
  }
}

// MARK: - Reading

extension BusValue {
  /// Everything a message carries.
  /// - Throws: a negative error number when the message is not what it says.
  static func all(in message: OpaquePointer) throws(SystemError) -> [BusValue] {
    var values: [BusValue] = []
    while let (type, contents) = try next(message) { values.append(try read(message, type, contents)) }
    return values
  }

  /// Nil at the end of the message or of the container.
  private static func next(_ message: OpaquePointer) throws(SystemError) -> (UInt8, String)? {
    var type: CChar = 0
    var contents: UnsafePointer<CChar>?
    guard try checked(sd_bus_message_peek_type(message, &type, &contents)) > 0 else { return nil }
    return (UInt8(bitPattern: type), contents.map { String(cString: $0) } ?? "")
  }

  private static func read(_ message: OpaquePointer, _ type: UInt8, _ contents: String)
    throws(SystemError) -> BusValue
  {
    switch type {
    case UInt8(ascii: "s"), UInt8(ascii: "g"): .text(try string(message, type))
    case UInt8(ascii: "o"): .path(try string(message, type))
    case UInt8(ascii: "b"): .boolean(try basic(message, type, Int32(0)) != 0)
    case UInt8(ascii: "y"): .integer(Int64(try basic(message, type, UInt8(0))))
    case UInt8(ascii: "n"): .integer(Int64(try basic(message, type, Int16(0))))
    case UInt8(ascii: "q"): .integer(Int64(try basic(message, type, UInt16(0))))
    case UInt8(ascii: "i"): .integer(Int64(try basic(message, type, Int32(0))))
    case UInt8(ascii: "u"): .integer(Int64(try basic(message, type, UInt32(0))))
    case UInt8(ascii: "x"): .integer(try basic(message, type, Int64(0)))
    case UInt8(ascii: "t"): .integer(Int64(clamping: try basic(message, type, UInt64(0))))
    case UInt8(ascii: "d"): .double(try basic(message, type, 0.0))
    case UInt8(ascii: "a"): try array(message, contents)
    case UInt8(ascii: "v"): try container(message, type, contents).first ?? .other
    case UInt8(ascii: "r"): .list(try container(message, type, contents))
    default: try skipped(message)
    }
  }

  private static func array(_ message: OpaquePointer, _ contents: String) throws(SystemError) -> BusValue {
    if contents == "y" {
      var pointer: UnsafeRawPointer?
      var size = 0
      _ = try checked(sd_bus_message_read_array(message, CChar(UInt8(ascii: "y")), &pointer, &size))
      return .bytes(Array(UnsafeRawBufferPointer(start: pointer, count: size)))
    }
    guard contents.hasPrefix("{") else {
      return .list(try container(message, UInt8(ascii: "a"), contents))
    }
    var table: [String: BusValue] = [:]
    let inside = String(contents.dropFirst().dropLast())
    _ = try checked(sd_bus_message_enter_container(message, CChar(UInt8(ascii: "a")), contents))
    while try next(message) != nil {
      let entry = try container(message, UInt8(ascii: "e"), inside)
      guard entry.count == 2, let key = entry[0].text ?? entry[0].integer.map({ String($0) }) else {
        continue
      }
      table[key] = entry[1]
    }
    _ = try checked(sd_bus_message_exit_container(message))
    return .table(table)
  }

  private static func container(_ message: OpaquePointer, _ type: UInt8, _ contents: String)
    throws(SystemError) -> [BusValue]
  {
    _ = try checked(sd_bus_message_enter_container(message, CChar(type), contents))
    let inside = try all(in: message)
    _ = try checked(sd_bus_message_exit_container(message))
    return inside
  }

  private static func string(_ message: OpaquePointer, _ type: UInt8) throws(SystemError) -> String {
    var pointer: UnsafePointer<CChar>?
    _ = try checked(sd_bus_message_read_basic(message, CChar(type), &pointer))
    return pointer.map { String(cString: $0) } ?? ""
  }

  private static func basic<Number: BitwiseCopyable>(_ message: OpaquePointer, _ type: UInt8, _ empty: Number)
    throws(SystemError) -> Number
  {
    var value = empty
    _ = try checked(sd_bus_message_read_basic(message, CChar(type), &value))
    return value
  }

  private static func skipped(_ message: OpaquePointer) throws(SystemError) -> BusValue {
    _ = try checked(sd_bus_message_skip(message, nil))
    return .other
  }

  static func checked(_ result: Int32) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(number: -result) }
    return result
  }
}

// MARK: - Writing

extension BusValue {
  /// Appends the value to a message that is being made. Integers are written as 16 bits unsigned, the only ones that
  /// anybody here sends.
  func append(to message: OpaquePointer) throws(SystemError) {
    switch self {
    case .boolean(let value):
      var number: Int32 = value ? 1 : 0
      try Self.basic(message, "b", &number)
    case .integer(let value):
      var number = UInt16(clamping: value)
      try Self.basic(message, "q", &number)
    case .text(let value): try Self.string(message, "s", value)
    case .path(let value): try Self.string(message, "o", value)
    case .bytes(let value):
      let type = CChar(UInt8(ascii: "y"))
      _ = try Self.checked(sd_bus_message_append_array(message, type, value, value.count))
    case .list(let values):
      try Self.open(message, "a", "s")
      for value in values { try value.append(to: message) }
      try Self.close(message)
    case .table(let entries):
      try Self.open(message, "a", "{sv}")
      for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
        try Self.open(message, "e", "sv")
        try Self.string(message, "s", key)
        try Self.open(message, "v", value.signature)
        try value.append(to: message)
        try Self.close(message)
        try Self.close(message)
      }
      try Self.close(message)
    case .double, .other: preconditionFailure("nobody sends \(self)")
    }
  }

  private var signature: String {
    switch self {
    case .boolean: "b"
    case .integer: "q"
    case .double: "d"
    case .text: "s"
    case .path: "o"
    case .bytes: "ay"
    case .list: "as"
    case .table: "a{sv}"
    case .other: ""
    }
  }

  private static func open(_ message: OpaquePointer, _ type: Character, _ contents: String)
    throws(SystemError)
  {
    _ = try checked(sd_bus_message_open_container(message, CChar(type.asciiValue!), contents))
  }

  private static func close(_ message: OpaquePointer) throws(SystemError) {
    _ = try checked(sd_bus_message_close_container(message))
  }

  private static func string(_ message: OpaquePointer, _ type: Character, _ text: String) throws(SystemError)
  {
    let result = text.withCString { sd_bus_message_append_basic(message, CChar(type.asciiValue!), $0) }
    _ = try checked(result)
  }

  private static func basic<Number: BitwiseCopyable>(
    _ message: OpaquePointer, _ type: Character, _ value: inout Number
  )
    throws(SystemError)
  {
    _ = try checked(sd_bus_message_append_basic(message, CChar(type.asciiValue!), &value))
  }
}
