import Ports

/// A Bluetooth adapter of this computer as a central, driven through bluetoothd on the system bus.
///
/// It does not switch the adapter on and never pairs: a unit that asks for pairing is declined (`answerAgentCall`).
/// When bluetoothd or the bus itself was restarted, the next operation finds its way back; connections that stood
/// then have ended with an error of their own.
///
/// - Source: BlueZ 5.66, `doc/*.txt`; what a client must wait for: measured on an emulated controller.
final class BlueZRadio: RadioPort {
  let address: PortAddress
  let world: LinuxWorld
  let words: BlueZWords
  private(set) var tree = BlueZTree()
  private var bus: SystemBus?
  /// Path of our adapter; nil until bluetoothd was asked, and after it has gone.
  private(set) var adapter: String?
  private var wasReady = false
  private var isClosed = false
  private var isDiscovering = false
  private var heard: [Advertisement] = []
  /// Held by whoever connected; one that was dropped has ended itself.
  private var held: [HeldLink] = []
  private var links: [BlueZGATT] { held.compactMap(\.link) }

  private struct HeldLink {
    weak var link: BlueZGATT?
  }
  /// How often each device was told to be connected no longer, by its path.
  private(set) var losses: [String: Int] = [:]
  /// Pairing requests declined so far.
  private(set) var pairingsDeclined = 0

  init(address: PortAddress, world: LinuxWorld) {
    self.address = address
    self.world = world
    words = BlueZWords(port: address, world: world)
  }

  deinit { close() }

  /// Ends connections, scanning and the agent; does not wait for it.
  func close() {
    guard !isClosed else { return }
    for link in links { link.disconnect() }
    isClosed = true
    if isDiscovering, let adapter { bus?.send(.bluez(adapter, BlueZTree.Interface.adapter), "StopDiscovery") }
    if adapter != nil { bus?.send(.agents, "UnregisterAgent", [.path(Self.agentPath)]) }
    forget()
  }

  private func forget() {
    bus?.close()
    bus = nil
    adapter = nil
    isDiscovering = false
  }

  // MARK: - Readiness

  func check(_ attempted: String) throws(PortError) {
    if isClosed { throw words.closed(attempted) }
    if let reason = world.stopInForce { throw words.stopped(attempted, reason) }
  }

  /// Sees to it that bluetoothd knows us and we know its adapter, switched on.
  ///
  /// The first time a missing adapter is an error at once; after that it is waited for, because it comes back some time
  /// after a restarted bluetoothd or a plug that was pulled.
  func prepare(_ attempted: String, deadline: WorldInstant) async throws(PortError) {
    while true {
      try check(attempted)
      do throws(PortError) {
        try await getReady(attempted, deadline: deadline)
        break
      } catch {
        guard wasReady, [.notFound, .closed].contains(error.code) else { throw error }
        let again = min(deadline, world.now + BlueZPolicy.returnPause)
        guard again < deadline else { throw error }
        if let bus, bus.end == nil {
          _ = await bus.news(until: again)
        } else if await world.wait(for: .post, until: again) == .cancelled {
          throw words.stopped(attempted, "the task was cancelled")
        }
      }
    }
    try check(attempted)
    guard let adapter, tree.isTrue(adapter, BlueZTree.Interface.adapter, "Powered") else {
      throw words.switchedOff(attempted)
    }
  }

  private func getReady(_ attempted: String, deadline: WorldInstant) async throws(PortError) {
    let bus = try await openBus(attempted, deadline: deadline)
    if adapter != nil { return }
    do throws(BusFailure) {
      let managed = try await bus.call(
        BusAddress(destination: "org.bluez", path: "/", interface: BlueZTree.Interface.objects),
        "GetManagedObjects", deadline: deadline)
      tree.replace(with: managed.first ?? .table([:]))
    } catch {
      throw words.failure(error, attempted, silence: "bluetoothd does not answer")
    }
    guard let found = tree.adapter(named: address.target) else {
      throw words.noAdapter(tree.adapters, attempted)
    }
    do throws(BusFailure) {
      try await registerAgent(on: bus, deadline: deadline)
    } catch {
      throw words.noAgent(error, attempted)
    }
    guard tree.adapter(named: address.target) == found, self.bus === bus else {
      throw words.error(.closed, attempted, "bluetoothd was restarted meanwhile", "Try again")
    }
    adapter = found
    wasReady = true
  }

  private func openBus(_ attempted: String, deadline: WorldInstant) async throws(PortError) -> SystemBus {
    if let bus, bus.end == nil { return bus }
    forget()
    let fresh: SystemBus
    do { fresh = try SystemBus(world: world) } catch { throw words.noBus(error, attempted) }
    fresh.onSignal = { [weak self] in self?.take($0) }
    fresh.onCall = { [weak self] in self?.answerAgentCall($0) ?? nil }
    fresh.onEnd = { [weak self] in self?.busEnded() }
    bus = fresh
    let rules = [
      "type='signal',sender='org.bluez',interface='\(BlueZTree.Interface.objects)'",
      "type='signal',sender='org.bluez',interface='\(BlueZTree.Interface.properties)',path_namespace='/org/bluez'",
      "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'",
    ]
    for rule in rules {
      do throws(BusFailure) {
        _ = try await fresh.call(.bus, "AddMatch", [.text(rule)], deadline: deadline)
      } catch {
        forget()
        throw words.failure(error, attempted, silence: "the system bus does not answer")
      }
    }
    return fresh
  }

  // MARK: - What bluetoothd says

  private func take(_ signal: BusMessage) {
    for event in tree.apply(signal) {
      switch event {
      case .heard(let path): hear(path)
      case .notified(let path, let bytes): links.first { $0.path == path && $0.isConnected }?.take(bytes)
      case .disconnected(let path):
        losses[path, default: 0] += 1
        end(below: path, "the connection is lost")
      case .gone(let path):
        end(below: path, "bluetoothd has removed the unit or its service")
        if path == adapter { lose("the Bluetooth adapter \(address.target) is gone") }
      case .switchedOff(let path):
        guard path == adapter else { continue }
        isDiscovering = false
        end(below: path, "the Bluetooth adapter \(address.target) was switched off")
      case .left: lose("bluetoothd has ended")
      case .came: adapter = nil
      }
    }
  }

  private func busEnded() { lose("the system bus has ended") }

  private func lose(_ cause: String) {
    end(below: "", cause)
    adapter = nil
    isDiscovering = false
    losses = [:]
  }

  /// Ends the links at or below a path.
  private func end(below path: String, _ cause: String) {
    for link in links where path.isEmpty || link.path == path || link.path.hasPrefix(path + "/") {
      link.end(cause)
    }
    held.removeAll { !($0.link?.isConnected ?? false) }
  }

  private func hear(_ path: String) {
    guard isDiscovering, let adapter, path.hasPrefix(adapter + "/"),
      let device = tree.properties(path, BlueZTree.Interface.device), let sender = device["Address"]?.text
    else { return }
    let services = device["UUIDs"]?.list?.compactMap { BlueZTree.short($0.text) } ?? []
    // The address stands in for a missing name in `Alias`, so only `Name` counts.
    let name = (device["Name"]?.text ?? "").prefix { $0 != "\0" }
    heard.append(
      Advertisement(
        address: sender, name: String(name), services: services,
        signalLevelDBm: device["RSSI"]?.integer ?? 0, at: world.now))
    if heard.count > BlueZPolicy.advertisementsMax { heard.removeFirst() }
  }

  // MARK: - Scanning

  func scan(deadline: WorldInstant) async throws(PortError) -> Advertisement {
    let attempted = "scan"
    let oldest = world.now - BlueZPolicy.advertisementAge
    heard.removeAll { $0.at < oldest }
    while true {
      try await discover(attempted, deadline: deadline)
      if !heard.isEmpty { return heard.removeFirst() }
      try await news(attempted, until: deadline, of: nil)
    }
  }

  /// Starts a scan unless one is under way.
  func discover(_ attempted: String, deadline: WorldInstant) async throws(PortError) {
    try await prepare(attempted, deadline: deadline)
    guard !isDiscovering else { return }
    let filter: [String: BusValue] = [
      "Transport": .text("le"), "DuplicateData": .boolean(true),
      "UUIDs": .list(BlueZPolicy.advertisedServices.map { .text(BlueZTree.long($0)) }),
    ]
    try await askAdapter("SetDiscoveryFilter", [.table(filter)], attempted, deadline: deadline)
    isDiscovering = true
    do throws(PortError) {
      try await askAdapter("StartDiscovery", [], attempted, deadline: deadline)
    } catch {
      // Busy: this program has a scan under way already, which is as good.
      if error.code == .busy { return }
      isDiscovering = false
      throw error
    }
    // Switched off meanwhile, before the scan counted as begun.
    guard adapter.map({ tree.isTrue($0, BlueZTree.Interface.adapter, "Powered") }) ?? false else {
      isDiscovering = false
      throw words.switchedOff(attempted)
    }
  }

  /// Ends a scan: many controllers cannot scan and connect at once.
  func stopDiscovery(_ attempted: String, deadline: WorldInstant) async throws(PortError) {
    guard isDiscovering else { return }
    isDiscovering = false
    do throws(PortError) {
      try await askAdapter("StopDiscovery", [], attempted, deadline: deadline)
    } catch {
      // A scan that bluetoothd has ended by itself needs no ending.
      if [.stopped, .deadline].contains(error.code) { throw error }
    }
  }

  private func askAdapter(
    _ member: String, _ arguments: [BusValue], _ attempted: String, deadline: WorldInstant
  ) async throws(PortError) {
    guard let adapter else { throw words.noAdapter(tree.adapters, attempted) }
    do throws(BusFailure) {
      _ = try await ask(.bluez(adapter, BlueZTree.Interface.adapter), member, arguments, deadline: deadline)
    } catch {
      throw words.failure(error, attempted, silence: "bluetoothd does not answer")
    }
  }

  /// Waits for anything new from bluetoothd.
  func news(_ attempted: String, until deadline: WorldInstant, of peripheral: String?) async throws(PortError)
  {
    guard let bus else { throw words.closed(attempted) }
    let end = await bus.news(until: deadline)
    try check(attempted)
    guard end == .ready else { throw words.noAdvertisement(end, attempted, peripheral) }
  }

  func ask(
    _ address: BusAddress, _ member: String, _ arguments: [BusValue] = [], deadline: WorldInstant
  ) async throws(BusFailure) -> [BusValue] {
    guard let bus else { throw .disconnected(SystemError(number: 107)) }
    return try await bus.call(address, member, arguments, deadline: deadline)
  }

  func tell(_ address: BusAddress, _ member: String) { bus?.send(address, member) }

  /// Waits for anything new, without an opinion on what it is.
  func change(until deadline: WorldInstant) async -> WaitEnd {
    guard let bus else { return .ready }
    return await bus.news(until: deadline)
  }

  func connect(to peripheral: String, service: String, characteristic: String, deadline: WorldInstant)
    async throws(PortError) -> any GATTPort
  {
    let target = BlueZConnecting(
      radio: self, peripheral: peripheral, service: service, characteristic: characteristic,
      deadline: deadline)
    return try await target.run()
  }

  /// From now on the link hears its notifications and its end.
  func add(_ link: BlueZGATT) { held.append(HeldLink(link: link)) }

  // MARK: - Pairing

  /// Without an agent a pairing request would wait for a desktop that is not there, or be granted by one that is.
  private func registerAgent(on bus: SystemBus, deadline: WorldInstant) async throws(BusFailure) {
    do throws(BusFailure) {
      let agent: [BusValue] = [.path(Self.agentPath), .text("NoInputNoOutput")]
      _ = try await bus.call(.agents, "RegisterAgent", agent, deadline: deadline)
    } catch {
      // Ours from before: only the adapter was away.
      guard error.kind == "AlreadyExists" else { throw error }
    }
    _ = try await bus.call(.agents, "RequestDefaultAgent", [.path(Self.agentPath)], deadline: deadline)
  }

  static let agentPath = "/org/bmsrig/agent"

  /// Declines whatever somebody wants to pair for: nothing of the family needs it, and a bond would stay behind in the
  /// unit (BLE protocol notes section 2.2).
  func answerAgentCall(_ call: BusMessage) -> (name: String, words: String)? {
    guard call.path == Self.agentPath else {
      return ("org.freedesktop.DBus.Error.UnknownObject", "there is nothing at \(call.path)")
    }
    switch call.member {
    case "Release", "Cancel": return nil
    default:
      pairingsDeclined += 1
      return ("org.bluez.Error.Rejected", "this rig does not pair")
    }
  }
}

extension BusAddress {
  static func bluez(_ path: String, _ interface: String) -> BusAddress {
    BusAddress(destination: "org.bluez", path: path, interface: interface)
  }
  static let agents = BusAddress.bluez("/org/bluez", BlueZTree.Interface.agentManager)
}
