import Ports
import Simulation

/// Advertisements, connections and what travels on them.
extension LowEnergyController {
  func linked(_ handle: UInt16) -> EmulatedPeripheral? {
    peripherals.first { $0.handle == handle && $0.link != nil }
  }

  func isUnheard(_ handle: UInt16) -> Bool { peripherals.contains { $0.handle == handle && $0.isUnheard } }

  // MARK: - Advertisements

  func listens(to peripheral: EmulatedPeripheral) -> Bool {
    guard peripheral.link == nil, !peripheral.isUnheard else { return false }
    return wants(peripheral) || scan.isOn && !(scan.filtersDuplicates && peripheral.isKnownToScan)
  }

  /// The host wants to connect to it.
  private func wants(_ peripheral: EmulatedPeripheral) -> Bool {
    guard let attempt, !faults.ignoresConnections else { return false }
    return attempt.address.map { $0 == peripheral.address } ?? acceptList.contains(peripheral.address)
  }

  func after(_ peripheral: EmulatedPeripheral) -> WorldInstant {
    peripheral.reportedUntil + Interval(nanoseconds: 1)
  }

  /// Takes the advertisements that were sent up to now.
  func hear(_ peripheral: EmulatedPeripheral) {
    while listens(to: peripheral), let next = peripheral.model.nextAdvertisement(after: after(peripheral)),
      next.at <= now
    {
      peripheral.reportedUntil = next.at
      peripheral.name = next.name
      if wants(peripheral) { return establish(peripheral) }
      report(next, of: peripheral)
    }
  }

  private func report(_ advertisement: Advertisement, of peripheral: EmulatedPeripheral) {
    peripheral.isKnownToScan = faults.filtersDuplicates
    for isResponse in scan.isActive ? [false, true] : [false] {
      send(
        HCIEvents.advertisement(
          advertisement, addressType: peripheral.addressType, address: peripheral.address,
          isResponse: isResponse))
    }
  }

  // MARK: - Connections

  private func establish(_ peripheral: EmulatedPeripheral) {
    attempt = nil
    let breaks = faults.breaksAtConnect > 0
    if breaks { faults.breaksAtConnect -= 1 }
    guard !breaks, peripheral.model.connect(at: now) else {
      // It advertised and then does not listen.
      return announceUnheard(peripheral)
    }
    surroundings.boardChanged()
    counts.connections += 1
    peripheral.link = EmulatedPeripheral.Link(
      server: AttributeServer(
        attributes: AttributeTable.family(name: peripheral.name),
        mtuOffered: max(AttributeServer.mtuMin, faults.mtu)))
    peripheral.link?.server.wantsPairing = faults.insistsOnPairing
    announce(peripheral)
    guard faults.asksForPairing else { return }
    // Security request: bonding wanted, nothing more.
    send(data: [0x0B, 0x01], on: LinkPackets.Channel.security, of: peripheral, after: faults.connectionDelay)
  }

  private func announce(_ peripheral: EmulatedPeripheral) {
    send(
      HCIEvents.connected(
        peripheral.handle, status: HCIEvents.Status.success, addressType: peripheral.addressType,
        address: peripheral.address),
      after: faults.connectionDelay)
  }

  private func announceUnheard(_ peripheral: EmulatedPeripheral) {
    peripheral.isUnheard = true
    announce(peripheral)
    schedule(after: faults.connectionDelay + Self.establishment) { [unowned self] in
      guard peripheral.isUnheard else { return }
      peripheral.isUnheard = false
      peripheral.reportedUntil = now
      send(HCIEvents.disconnected(peripheral.handle, HCIEvents.Status.notEstablished))
    }
  }

  /// Breaks every link, as when the unit is carried away. The host hears of it a little later.
  public func breakLinks(at instant: WorldInstant) {
    advance(to: instant)
    for peripheral in peripherals where peripheral.link != nil { breakLink(peripheral) }
  }

  private func breakLink(_ peripheral: EmulatedPeripheral) {
    drop(peripheral)
    send(HCIEvents.disconnected(peripheral.handle, HCIEvents.Status.timeout), after: Self.breakDelay)
  }

  /// The unit ended the connection by itself, e.g. because its supply is gone.
  func noticeLoss(of peripheral: EmulatedPeripheral) {
    if peripheral.link != nil, !peripheral.model.isConnected { breakLink(peripheral) }
  }

  /// Ends a connection at the unit's end.
  func drop(_ peripheral: EmulatedPeripheral) {
    guard peripheral.link != nil else { return }
    peripheral.link = nil
    peripheral.reportedUntil = now
    guard peripheral.model.isConnected else { return }
    peripheral.model.disconnect(at: now)
    surroundings.boardChanged()
  }

  // MARK: - Data from the host

  func data(_ handle: UInt16, isContinued: Bool, _ bytes: [UInt8]) {
    send(HCIEvents.completedPackets(handle, 1))
    guard let peripheral = linked(handle),
      let frame = peripheral.link?.packets.add(bytes, isContinued: isContinued)
    else { return }
    switch frame.channel {
    case LinkPackets.Channel.attributes: attributeRequest(frame.payload, of: peripheral)
    case LinkPackets.Channel.security where frame.payload.first == 0x01:
      // Pairing request: pairing failed, not supported.
      counts.pairingsRefused += 1
      send(data: [0x05, 0x05], on: LinkPackets.Channel.security, of: peripheral)
    case LinkPackets.Channel.signalling where frame.payload.count >= 2 && frame.payload[0] != 0x01:
      // Command reject: not understood.
      guard ![0x13, 0x01].contains(frame.payload[0]) else { return }
      send(
        data: [0x01, frame.payload[1], 2, 0, 0, 0], on: LinkPackets.Channel.signalling, of: peripheral)
    default: break
    }
  }

  private func attributeRequest(_ request: [UInt8], of peripheral: EmulatedPeripheral) {
    guard let (answer, effect) = peripheral.link?.server.receive(request) else { return }
    if case .written(let bytes) = effect {
      counts.writes += 1
      if let left = faults.breaksAtWrite {
        faults.breaksAtWrite = left > 1 ? left - 1 : nil
        if left <= 1 { return breakLink(peripheral) }
      }
      peripheral.model.write(bytes, at: now)
      surroundings.boardChanged()
    }
    if let answer {
      send(data: answer, on: LinkPackets.Channel.attributes, of: peripheral, after: faults.answerDelay)
    }
    notify(peripheral)
  }

  // MARK: - Data to the host

  /// Sends the notifications that the unit let go up to now.
  func notify(_ peripheral: EmulatedPeripheral) {
    guard let link = peripheral.link else { return }
    let left = peripheral.model.takeNotifications(upTo: now)
    // What nobody subscribed to is lost.
    guard link.server.isSubscribed else { return }
    let size = min(faults.pieceMax ?? .max, link.server.mtu - 3)
    for notification in left {
      for start in stride(from: 0, to: notification.bytes.count, by: size) {
        let piece = Array(notification.bytes[start..<min(start + size, notification.bytes.count)])
        sendPiece(piece, of: peripheral, server: link.server)
      }
    }
  }

  private func sendPiece(_ piece: [UInt8], of peripheral: EmulatedPeripheral, server: AttributeServer) {
    guard faults.notificationsToDrop == 0, !faults.isSilent else {
      faults.notificationsToDrop = max(0, faults.notificationsToDrop - 1)
      counts.notificationsDropped += 1
      return
    }
    counts.notifications += 1
    send(
      data: server.notification(piece), on: LinkPackets.Channel.attributes, of: peripheral,
      after: faults.notificationDelay)
  }

  private func send(
    data payload: [UInt8], on channel: UInt16, of peripheral: EmulatedPeripheral,
    after delay: Interval = .zero
  ) {
    send(
      .data(handle: peripheral.handle, isContinued: false, bytes: LinkPackets.frame(channel, payload)),
      after: delay)
  }
}
