import Ports

/// What switches an instrument off, word for word, and what proves it: for those who know no driver.
public struct OffWire: Hashable, Sendable {
  /// A question and the answer that proves that outputs are off.
  public struct Proof: Hashable, Sendable {
    /// What the answer must be.
    public enum Answer: Hashable, Sendable {
      /// `0` or `OFF`.
      case off
      /// Status words, one for each channel, that have none of these bits.
      case bitsClear(UInt32, count: Int)
      /// Exactly these bytes.
      case exactly([UInt8])
    }
    public var question: [UInt8]
    public var answer: Answer
    public init(question: [UInt8], answer: Answer) {
      self.question = question
      self.answer = answer
    }
  }
  /// Whole messages without an answer, in order.
  public var messages: [[UInt8]]
  public var proofs: [Proof]
  /// Shortest time between two messages.
  public var gap: Interval
  public init(messages: [[UInt8]], proofs: [Proof], gap: Interval) {
    self.messages = messages
    self.proofs = proofs
    self.gap = gap
  }
}

/// An instrument with outputs that can be switched off without waiting for anything.
public protocol OffSwitch: Instrument {
  /// The same bytes as `sendOff` sends.
  var off: OffWire { get }
  /// Sends what switches every output off and waits for no answer; allowed whatever else is under way. Proves nothing:
  /// `makeSafe` does.
  func sendOff() async throws(InstrumentError)
}

/// What a voltmeter is told for one scan, word for word.
public struct ScanWire: Hashable, Sendable {
  /// Sent once before the first question.
  public var prepare: [[UInt8]]
  public var question: [UInt8]
  /// Fields of the answer for each channel; the first is the number, in volts.
  public var stride: Int
  /// Shortest time between two messages.
  public var gap: Interval
  public init(prepare: [[UInt8]], question: [UInt8], stride: Int, gap: Interval) {
    self.prepare = prepare
    self.question = question
    self.stride = stride
    self.gap = gap
  }
}

/// A voltmeter that can be read by somebody who knows no driver.
public protocol WireVoltmeter: Voltmeter {
  /// Ascending order of the channels, whatever the order asked for.
  func scanWire(channels: [Int]) -> ScanWire
}
