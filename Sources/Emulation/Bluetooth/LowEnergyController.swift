import Ports
import Simulation

/// A Bluetooth low energy controller with a few peripherals in reach, as its host sees it: HCI packets in, HCI packets
/// out, each with the instant at which it is due. No input or output and no clock of its own.
///
/// Modelled: scanning (active and passive), one connection to each peripheral, the attribute protocol of the family's
/// modules, refused pairing, and what `LinkFaults` says. Not modelled: classic Bluetooth, encryption, advertising and
/// the peripheral role, the parameters of the link (the host's wishes are granted and change nothing), air time.
///
/// - Source: Bluetooth Core 5.3, volume 4 part E section 7. The commands are those that Linux 6.1 and 6.12 and
///   bluetoothd 5.66 send in a whole session.
public final class LowEnergyController {
  /// Of the first connection; the following count up.
  static let firstHandle: UInt16 = 0x0040
  /// From a break of the link until the host hears of it; a real one takes the supervision timeout of 3 to 5 s.
  static let breakDelay = Interval.milliseconds(50)
  /// A link on which nothing is heard for six connection intervals never was (volume 6 part B section 4.5.2).
  static let establishment = Interval.milliseconds(6 * 20)
  /// From the host's wish to disconnect to its fulfilment.
  static let disconnectDelay = Interval.milliseconds(5)

  /// Times and faults of all links.
  public var faults = LinkFaults()
  /// What happened, for tests and figures.
  public internal(set) var counts = Counts()

  /// The host has asked for a connection and neither got nor cancelled it yet.
  public var isConnecting: Bool { attempt != nil }

  /// Counted since the controller was made.
  public struct Counts: Hashable, Sendable {
    public var connections = 0
    public var notifications = 0
    public var notificationsDropped = 0
    public var writes = 0
    public var pairingsRefused = 0
  }

  struct Scan {
    var isActive = false
    var isOn = false
    var filtersDuplicates = false
  }

  /// The host waits for one of these.
  struct Attempt {
    /// Nil: whoever is on the accept list.
    let address: [UInt8]?
  }

  let surroundings: any EmulatedSurroundings
  let peripherals: [EmulatedPeripheral]
  let ownAddress: [UInt8]
  var now = WorldInstant.start
  var scan = Scan()
  var attempt: Attempt?
  var acceptList: [[UInt8]] = []
  private var queue: [(at: WorldInstant, packet: HCIPacket)] = []
  private var actions: [(at: WorldInstant, action: () -> Void)] = []

  /// - Parameter address: The controller's own.
  /// - Precondition: all addresses are Bluetooth addresses.
  public init(
    address: String = "02:42:4D:53:00:01", peripherals: [any PeripheralModel],
    surroundings: any EmulatedSurroundings
  ) {
    guard let own = DeviceAddress.bytes(address) else { preconditionFailure("'\(address)' is no address") }
    ownAddress = own
    self.surroundings = surroundings
    self.peripherals = peripherals.enumerated().map { index, model in
      EmulatedPeripheral(model, handle: Self.firstHandle + UInt16(index))
    }
  }

  // MARK: - In

  /// A packet from the host. What cannot be read is ignored, as a controller has nobody to complain to.
  public func receive(_ bytes: [UInt8], at instant: WorldInstant) {
    advance(to: instant)
    switch HCIPacket(parsing: bytes) {
    case .command(let code, let parameters): command(code, parameters)
    case .data(let handle, let isContinued, let bytes): data(handle, isContinued: isContinued, bytes)
    case .event, nil: break
    }
  }

  /// Does everything due up to an instant.
  public func advance(to instant: WorldInstant) {
    while let next = nextOwnEvent, next <= instant { step(to: max(next, now)) }
    step(to: max(instant, now))
  }

  private func step(to instant: WorldInstant) {
    now = instant
    surroundings.advance(to: instant)
    while let index = actions.firstIndex(where: { $0.at <= now }) { actions.remove(at: index).action() }
    for peripheral in peripherals {
      noticeLoss(of: peripheral)
      hear(peripheral)
      notify(peripheral)
    }
  }

  // MARK: - Out

  /// When something is to be done or a packet is due.
  public var nextEvent: WorldInstant? { Self.earliest(queue.first?.at, nextOwnEvent) }

  /// The packets due by an instant, oldest first.
  public func takePackets(upTo instant: WorldInstant) -> [[UInt8]] {
    let count = queue.firstIndex { $0.at > instant } ?? queue.count
    defer { queue.removeFirst(count) }
    return queue.prefix(count).map(\.packet.bytes)
  }

  private var nextOwnEvent: WorldInstant? {
    var next = actions.map(\.at).min()
    for peripheral in peripherals {
      if peripheral.link?.server.isSubscribed == true {
        next = Self.earliest(next, peripheral.model.nextNotification)
      }
      if listens(to: peripheral) {
        next = Self.earliest(next, peripheral.model.nextAdvertisement(after: after(peripheral))?.at)
      }
    }
    return next
  }

  static func earliest(_ a: WorldInstant?, _ b: WorldInstant?) -> WorldInstant? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
  }

  /// Packets of one instant leave in the order in which they were sent.
  func send(_ packet: HCIPacket, after delay: Interval = .zero) {
    let at = now + delay
    let place = queue.firstIndex { $0.at > at } ?? queue.endIndex
    queue.insert((at, packet), at: place)
  }

  func schedule(after delay: Interval, _ action: @escaping () -> Void) {
    let at = now + delay
    let place = actions.firstIndex { $0.at > at } ?? actions.endIndex
    actions.insert((at, action), at: place)
  }

  /// Everything that was under way is forgotten, as after a reset.
  func forget() {
    queue = []
    actions = []
    scan = Scan()
    attempt = nil
    acceptList = []
    for peripheral in peripherals {
      peripheral.isUnheard = false
      drop(peripheral)
    }
  }
}
