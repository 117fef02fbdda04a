/// What a DBC file says: the frames of a bus and the values in them.
///
/// - Source: the file format as common tools write it (BO_, SG_, VAL_, VAL_TABLE_, CM_, BA_, SIG_VALTYPE_,
///   SG_MUL_VAL_); what says nothing about values is read over.
public struct DBCDatabase: Hashable, Sendable {
  public var version = ""
  public var nodes: [String] = []
  /// In the order of the file.
  public var messages: [DBCMessage] = []
  /// The comment that belongs to the whole file.
  public var comment = ""
  public init() {}

  public func message(identifier: UInt32, isExtended: Bool) -> DBCMessage? {
    messages.first { $0.identifier == identifier && $0.isExtended == isExtended }
  }

  public func message(named name: String) -> DBCMessage? { messages.first { $0.name == name } }
}

/// One frame of the bus.
public struct DBCMessage: Hashable, Sendable {
  /// 11 bits, or 29 when `isExtended`.
  public var identifier: UInt32
  public var isExtended: Bool
  public var name: String
  /// Bytes.
  public var length: Int
  public var sender: String
  public var comment = ""
  /// Attributes as they stand in the file, e.g. `GenMsgCycleTime`: `1000`.
  public var attributes: [String: String] = [:]
  /// In the order of the file.
  public var signals: [DBCSignal] = []

  public func signal(named name: String) -> DBCSignal? { signals.first { $0.name == name } }
}

/// One value in a frame.
public struct DBCSignal: Hashable, Sendable {
  public enum Kind: Hashable, Sendable { case unsigned, signed, float, double }

  /// When the signal is in the frame at all: the selector's raw value is in one of the ranges.
  public struct Condition: Hashable, Sendable {
    public var selector: String
    public var ranges: [ClosedRange<UInt64>]
  }

  public var name: String
  /// As in the file: little-endian the lowest bit, big-endian the highest, counted 7…0, 15…8, ….
  public var start: Int
  /// Bits, 1 … 64.
  public var length: Int
  public var isBigEndian: Bool
  public var kind: Kind
  /// physical = raw · factor + offset
  public var factor: Double
  public var offset: Double
  /// Both 0 when the file gives no range.
  public var minimum: Double
  public var maximum: Double
  public var unit: String
  public var receivers: [String]
  /// True when other signals are there or not depending on this one.
  public var isSelector: Bool
  /// nil: always there.
  public var condition: Condition?
  /// Names of raw values.
  public var names: [Int64: String] = [:]
  public var comment = ""
}

/// What is wrong with a DBC file, and where; lines and columns from 1.
public struct DBCFinding: Error, Hashable, Sendable, CustomStringConvertible {
  public var line: Int
  /// In bytes.
  public var column: Int
  public var message: String
  public var description: String { "\(line):\(column): \(message)" }
}
