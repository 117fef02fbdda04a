import Ports

/// How an emulated radio link behaves: its times, and what goes wrong on it. All of it may be changed while it runs.
public struct LinkFaults: Hashable, Sendable {
  /// From the advertisement that starts a connection until the host hears of it. Half of the first connections failed
  /// with instant answers (measured with BlueZ 5.66 and a client that trusted a stale property).
  public var connectionDelay = Interval.milliseconds(30)
  /// Until the peripheral's features are known.
  public var featuresDelay = Interval.milliseconds(60)
  /// Until an attribute request is answered.
  public var answerDelay = Interval.zero
  /// Time between two notifications at least.
  public var notificationDelay = Interval.zero
  /// Largest attribute MTU that the peripheral agrees to: 23 to 247.
  public var mtu = 247
  /// Largest notification in bytes, whatever the MTU allows: 20 for the older modules. Nil: the MTU decides.
  public var pieceMax: Int?
  /// This many notifications get lost, beginning with the next.
  public var notificationsToDrop = 0
  /// Nothing that the unit says arrives; attribute requests are still answered.
  public var isSilent = false
  /// The link breaks in the middle of a write to the unit, this many writes from now (1 is the next). The write does
  /// not arrive.
  public var breaksAtWrite: Int?
  /// This many attempts to connect fail, as in a place full of interference: the controller reports a link, and six
  /// connection intervals later its end with 0x3E, because nothing was heard on it. (Linux 6.1.192 crashes then, in
  /// `hci_chan_del`.)
  public var breaksAtConnect = 0
  /// The peripheral does not answer a connection request.
  public var ignoresConnections = false
  /// The peripheral asks for pairing as soon as it is connected, and refuses to carry it out.
  public var asksForPairing = false
  /// Notifications are refused to a host that is not paired.
  public var insistsOnPairing = false
  /// The controller reports each peripheral once per scan when the host asks it to. Many forget to.
  public var filtersDuplicates = false

  public init() {}

  /// Everything at once: no radio is as fast.
  public static var instant: LinkFaults {
    var faults = LinkFaults()
    faults.connectionDelay = .zero
    faults.featuresDelay = .zero
    return faults
  }
}
