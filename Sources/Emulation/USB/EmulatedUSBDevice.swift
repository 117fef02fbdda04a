import Ports

/// What a device is beyond being a USB device: an instrument, a serial line.
public protocol USBFunction: AnyObject {
  var descriptors: USBDescriptors { get }
  /// A class or vendor request on the control endpoint.
  /// - Returns: What goes to the host, empty where nothing does; nil refuses the request.
  func control(_ setup: USBSetup, _ bytes: [UInt8], at now: WorldInstant) -> [UInt8]?
  /// Bytes that the host sent to an endpoint.
  func receive(_ bytes: [UInt8], endpoint: UInt8, at now: WorldInstant) -> USBReception
  /// What it wants done since it was asked last.
  func takeOutput() -> [USBOutput]
  /// The host ended the halt of an endpoint.
  func haltCleared(_ endpoint: UInt8, at now: WorldInstant)
  /// When it does something by itself next; nil while nothing will.
  var nextEvent: WorldInstant? { get }
  func advance(to now: WorldInstant)
}

extension USBFunction {
  public func haltCleared(_ endpoint: UInt8, at now: WorldInstant) {}
}

/// How a function takes bytes.
public enum USBReception: Hashable, Sendable {
  case taken
  /// The endpoint is halted from now on.
  case refused
  /// Not now; the host's transfer waits until it is taken back.
  case notNow
}

public enum USBOutput: Hashable, Sendable {
  /// One transfer to the host. When its last packet is full an empty one should follow; some devices forget it.
  case transfer(endpoint: UInt8, bytes: [UInt8], forgetsEmptyPacket: Bool)
  case halt(endpoint: UInt8)
  /// Drops what waits to be fetched.
  case flush(endpoint: UInt8)
  /// Pulls the cable.
  case pull
}

/// The half that all USB devices share: descriptors, standard requests, halts, and requests of the host that wait for
/// data. A machine without effects: commands in, replies out.
///
/// Not modelled: alternate settings, isochronous endpoints, suspend, more than one configuration.
public final class EmulatedUSBDevice {
  public let function: any USBFunction
  /// Somebody pulled the cable from within.
  public private(set) var isPulled = false
  private var halted: Set<UInt8> = []
  private var pipes: [UInt8: IncomingPipe] = [:]
  /// Host's transfers that the function does not take.
  private var unheard: [USBIPRequest] = []
  private var configuration: UInt8 = 0

  public init(_ function: any USBFunction) { self.function = function }

  public var nextEvent: WorldInstant? { function.nextEvent }

  func advance(to now: WorldInstant) -> [USBIPReply] {
    function.advance(to: now)
    return carryOut()
  }

  func handle(_ command: USBIPCommand, at now: WorldInstant) -> [USBIPReply] {
    switch command {
    case .submit(let request) where request.endpoint == 0: return control(request, at: now) + carryOut()
    case .submit(let request): return data(request, at: now) + carryOut()
    case .unlink(let sequence, let target):
      let status = takeBack(target) ? USBIPReply.Status.takenBack : USBIPReply.Status.done
      return [.unlinked(sequence: sequence, status: status)]
    }
  }

  // MARK: data

  private func data(_ request: USBIPRequest, at now: WorldInstant) -> [USBIPReply] {
    guard let packetSize = function.descriptors.packetSize(of: request.endpoint),
      !halted.contains(request.endpoint)
    else { return [stall(request)] }
    if request.isIncoming {
      pipes[request.endpoint, default: IncomingPipe(packetSize: packetSize)].requests.append(
        .init(sequence: request.sequence, capacity: request.length))
      return fill(request.endpoint)
    }
    switch function.receive(request.bytes, endpoint: request.endpoint, at: now) {
    case .taken:
      return [
        .submitted(
          sequence: request.sequence, status: USBIPReply.Status.done, count: request.bytes.count, bytes: [])
      ]
    case .refused:
      halted.insert(request.endpoint)
      return [stall(request)]
    case .notNow:
      unheard.append(request)
      return []
    }
  }

  private func stall(_ request: USBIPRequest) -> USBIPReply {
    .submitted(sequence: request.sequence, status: USBIPReply.Status.stalled, count: 0, bytes: [])
  }

  /// Does what the function asked for.
  private func carryOut() -> [USBIPReply] {
    var replies: [USBIPReply] = []
    for output in function.takeOutput() {
      switch output {
      case .transfer(let endpoint, let bytes, let forgets):
        guard let packetSize = function.descriptors.packetSize(of: endpoint) else { continue }
        pipes[endpoint, default: IncomingPipe(packetSize: packetSize)].add(bytes, forgetsEmptyPacket: forgets)
        replies += fill(endpoint)
      case .halt(let endpoint):
        halted.insert(endpoint)
        for request in pipes[endpoint]?.requests ?? [] {
          replies.append(
            .submitted(sequence: request.sequence, status: USBIPReply.Status.stalled, count: 0, bytes: []))
        }
        pipes[endpoint]?.requests = []
      case .flush(let endpoint): pipes[endpoint]?.flush()
      case .pull: isPulled = true
      }
    }
    return replies
  }

  private func fill(_ endpoint: UInt8) -> [USBIPReply] { pipes[endpoint]?.fill() ?? [] }

  private func takeBack(_ sequence: UInt32) -> Bool {
    for endpoint in pipes.keys {
      if let index = pipes[endpoint]!.requests.firstIndex(where: { $0.sequence == sequence }) {
        pipes[endpoint]!.requests.remove(at: index)
        return true
      }
    }
    guard let index = unheard.firstIndex(where: { $0.sequence == sequence }) else { return false }
    unheard.remove(at: index)
    return true
  }

  // MARK: the control endpoint

  private func control(_ request: USBIPRequest, at now: WorldInstant) -> [USBIPReply] {
    let setup = USBSetup(request.setup)
    let answer =
      setup.isStandard ? standard(setup, at: now) : function.control(setup, request.bytes, at: now)
    guard let answer else { return [stall(request)] }
    let bytes = request.isIncoming ? Array(answer.prefix(min(setup.length, request.length))) : []
    return [
      .submitted(
        sequence: request.sequence, status: USBIPReply.Status.done,
        count: request.isIncoming ? bytes.count : request.bytes.count, bytes: bytes)
    ]
  }

  private func standard(_ setup: USBSetup, at now: WorldInstant) -> [UInt8]? {
    let endpoint = UInt8(truncatingIfNeeded: setup.index)
    let toEndpoint = setup.type & 0x1F == 2
    switch setup.request {
    case 0: return [toEndpoint && halted.contains(endpoint) ? 1 : toEndpoint ? 0 : 1, 0]
    case 1 where toEndpoint && setup.value == 0:
      halted.remove(endpoint)
      function.haltCleared(endpoint, at: now)
      return []
    case 3 where toEndpoint && setup.value == 0:
      halted.insert(endpoint)
      return []
    case 1, 3, 5, 11: return []
    case 6:
      return function.descriptors.descriptor(
        type: UInt8(truncatingIfNeeded: setup.value >> 8), index: UInt8(truncatingIfNeeded: setup.value))
    case 8: return [configuration]
    case 9:
      configuration = UInt8(truncatingIfNeeded: setup.value)
      halted = []
      return []
    case 10: return [0]
    default: return nil
    }
  }
}

/// Data on its way to the host through one endpoint.
private struct IncomingPipe {
  struct Request {
    let sequence: UInt32
    let capacity: Int
    var gathered: [UInt8] = []
  }

  private struct Run {
    var bytes: ArraySlice<UInt8>
    let forgetsEmptyPacket: Bool
    /// The last packet is not full, so that the host sees the end.
    let endsShort: Bool
  }

  let packetSize: Int
  var requests: [Request] = []
  private var runs: [Run] = []

  init(packetSize: Int) { self.packetSize = packetSize }

  mutating func add(_ bytes: [UInt8], forgetsEmptyPacket: Bool) {
    runs.append(
      Run(
        bytes: bytes[...], forgetsEmptyPacket: forgetsEmptyPacket,
        endsShort: bytes.count % packetSize != 0 || bytes.isEmpty))
  }

  mutating func flush() { runs = [] }

  /// Moves data into the host's requests; replies to those that are complete.
  mutating func fill() -> [USBIPReply] {
    var replies: [USBIPReply] = []
    while !requests.isEmpty, !runs.isEmpty {
      let room = requests[0].capacity - requests[0].gathered.count
      requests[0].gathered += runs[0].bytes.prefix(room)
      runs[0].bytes = runs[0].bytes.dropFirst(room)
      var isComplete = requests[0].gathered.count == requests[0].capacity
      if runs[0].bytes.isEmpty {
        let run = runs.removeFirst()
        if run.endsShort || (!isComplete && !run.forgetsEmptyPacket) {
          isComplete = true
        } else if !run.forgetsEmptyPacket {
          // The host has all bytes and does not know it yet.
          runs.insert(Run(bytes: [], forgetsEmptyPacket: false, endsShort: true), at: 0)
        }
      }
      guard isComplete else { continue }
      let request = requests.removeFirst()
      replies.append(
        .submitted(
          sequence: request.sequence, status: USBIPReply.Status.done, count: request.gathered.count,
          bytes: request.gathered))
    }
    return replies
  }
}
