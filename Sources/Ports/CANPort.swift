/// An ear on a CAN bus.
///
/// It only listens: no profile of the unit's port is confirmed, and in the profiles of related products a frame sent to
/// the wrong article switches it off (notes on CAN and RS485, section 2).
public protocol CANPort: AnyObject {
  var address: PortAddress { get }
  /// The next frame; frames wait while nobody asks, up to the size of the receiver's queue.
  ///
  /// - Throws: `.deadline` (with what the controller says of itself); `.malformed` once when frames were lost, with
  ///   their number: the next call goes on behind the gap; `.closed` when the interface is gone, set down or bus-off.
  func receive(deadline: WorldInstant) async throws(PortError) -> CANFrame
  /// The next frame, or what the controller reports of itself: for those who want to go on after trouble.
  func news(deadline: WorldInstant) async throws(PortError) -> CANNews
  func close()
}

extension CANPort {
  /// An ear without a controller of its own has nothing else to report.
  public func news(deadline: WorldInstant) async throws(PortError) -> CANNews {
    .frame(try await receive(deadline: deadline))
  }
}

/// What a CAN port has to say.
public enum CANNews: Hashable, Sendable {
  case frame(CANFrame)
  case trouble(CANTrouble, at: WorldInstant)
}

/// What a CAN controller reports of itself, and what the kernel lost.
public enum CANTrouble: Hashable, Sendable, CustomStringConvertible {
  /// Frames lost between the kernel and this program.
  case lost(UInt32)
  /// The controller had no room for a frame.
  case controllerOverflow
  /// Too many errors: the controller has left the bus.
  case busOff
  case errorPassive
  case errorWarning
  case errorActive
  /// Nobody acknowledges what is sent.
  case noAcknowledge
  /// A frame broken on the bus: wrong bit rate, termination, or a disturbance.
  case brokenFrame
  case restarted
  /// Class bits of linux/can/error.h that mean nothing of the above.
  case other(UInt32)

  /// True when frames of others are missing from here on, or were missed.
  public var makesDeaf: Bool {
    switch self {
    case .lost, .controllerOverflow, .busOff: true
    case .errorPassive, .errorWarning, .errorActive, .noAcknowledge, .brokenFrame, .restarted, .other: false
    }
  }

  public var description: String {
    switch self {
    case .lost(let count):
      "\(count) frame\(count == 1 ? " was" : "s were") lost because nobody took them in time"
    case .controllerOverflow: "the controller lost frames because nobody took them in time"
    case .busOff: "the controller is bus-off: it has left the bus after too many errors"
    case .errorPassive: "the controller is error-passive: many frames are broken or unacknowledged"
    case .errorWarning: "the controller warns of errors on the bus"
    case .errorActive: "the controller is error-active again"
    case .noAcknowledge: "nobody on the bus acknowledges what is sent"
    case .brokenFrame: "a frame on the bus was broken"
    case .restarted: "the controller was restarted after bus-off"
    case .other(let classes): "the controller reports 0x\(String(classes, radix: 16))"
    }
  }
}

/// Something that puts frames on a CAN bus: simulated units and tests.
///
/// No world opens one: nothing above the seam can send on the unit's bus.
public protocol CANSender: AnyObject {
  var address: PortAddress { get }
  /// Hands a frame to the controller; its `at` does not count. That it was sent is not known afterwards.
  func send(_ frame: CANFrame, deadline: WorldInstant) async throws(PortError)
  func close()
}
