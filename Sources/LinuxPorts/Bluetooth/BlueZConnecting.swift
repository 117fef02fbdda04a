import Ports

/// Connects one unit: finds it, links, waits until its services are known, subscribes.
///
/// The answer to `Connect` can overtake the news that the link stands. So a property that still says "not connected" is
/// no end of the link, only the news of one is, and nothing is asked before the services are said to be known.
struct BlueZConnecting {
  let radio: BlueZRadio
  let peripheral: String
  let service: String
  let characteristic: String
  let deadline: WorldInstant

  private var attempted: String { "connect to \(peripheral)" }
  private var words: BlueZWords { radio.words }

  /// The link broke while it was being set up; it may be tried again.
  private struct Broken: Error {
    let cause: String
    /// It stood before. Linux ends a link when pairing fails, and nobody is told why.
    var stood = false
  }

  func run() async throws(PortError) -> any GATTPort {
    var attempts = 0
    while true {
      let device = try await find()
      try await radio.stopDiscovery(attempted, deadline: deadline)
      try await endLeftOver(device)
      attempts += 1
      let broken: Broken
      do {
        return try await link(device)
      } catch let error as PortError {
        radio.tell(.bluez(device, BlueZTree.Interface.device), "Disconnect")
        throw error
      } catch {
        broken = error as? Broken ?? Broken(cause: "\(error)")
      }
      guard attempts < BlueZPolicy.connectAttempts, radio.world.now + BlueZPolicy.connectPause < deadline
      else {
        throw words.notConnected(
          broken.cause, attempted, attempts: attempts,
          mayWantPairing: broken.stood || radio.pairingsDeclined > 0)
      }
      try await pause(BlueZPolicy.connectPause)
    }
  }

  /// The device's path; scans until it was heard when bluetoothd does not know it.
  private func find() async throws(PortError) -> String {
    try await radio.prepare(attempted, deadline: deadline)
    while true {
      try radio.check(attempted)
      if let adapter = radio.adapter, let path = radio.tree.device(peripheral, of: adapter) { return path }
      try await radio.discover(attempted, deadline: deadline)
      if let adapter = radio.adapter, radio.tree.device(peripheral, of: adapter) != nil { continue }
      try await radio.news(attempted, until: deadline, of: peripheral)
    }
  }

  private func isTrue(_ device: String, _ property: String) -> Bool {
    radio.tree.isTrue(device, BlueZTree.Interface.device, property)
  }

  /// A connection that stands already: of another program (refused), or left over, e.g. from a run that was killed or
  /// in the 2 s for which bluetoothd keeps a link (ended).
  private func endLeftOver(_ device: String) async throws(PortError) {
    guard isTrue(device, "Connected") else { return }
    // Somebody who is just letting go is given the time for it.
    let patience = min(deadline, radio.world.now + BlueZPolicy.lettingGo)
    while isInUse(device), radio.world.now < patience {
      _ = await radio.change(until: patience)
      try radio.check(attempted)
    }
    if isInUse(device) {
      throw words.error(
        .busy, attempted, "another program on this computer is connected to the unit",
        "Close it (`bluetoothctl info \(peripheral)` shows the connection), then try again")
    }
    let limit = min(deadline, radio.world.now + BlueZPolicy.disconnectTime)
    do throws(BusFailure) {
      _ = try await radio.ask(
        .bluez(device, BlueZTree.Interface.device), "Disconnect", deadline: limit)
    } catch {
      guard case .answered = error else {
        throw words.failure(error, attempted, silence: "bluetoothd does not end the old connection")
      }
    }
    while isTrue(device, "Connected") {
      let end = await radio.change(until: limit)
      try radio.check(attempted)
      guard end == .ready else {
        throw words.failure(.ended(end), attempted, silence: "bluetoothd does not end the old connection")
      }
    }
    try await pause(BlueZPolicy.connectPause)
  }

  private func pause(_ interval: Interval) async throws(PortError) {
    _ = await radio.world.wait(for: .post, until: min(deadline, radio.world.now + interval))
    try radio.check(attempted)
  }

  /// Somebody is subscribed.
  private func isInUse(_ device: String) -> Bool {
    radio.tree.paths(with: BlueZTree.Interface.characteristic, below: device).contains {
      radio.tree.isTrue($0, BlueZTree.Interface.characteristic, "Notifying")
    }
  }

  /// - Throws: `PortError`, or `Broken` when another attempt may help.
  private func link(_ device: String) async throws -> any GATTPort {
    let target = BusAddress.bluez(device, BlueZTree.Interface.device)
    let before = radio.losses[device]
    do throws(BusFailure) {
      _ = try await radio.ask(target, "Connect", deadline: deadline)
    } catch {
      throw refusal(error)
    }
    var stood = false
    while !(isTrue(device, "Connected") && isTrue(device, "ServicesResolved")) {
      // Told, not merely read: both news may have come in one go.
      guard radio.losses[device] == before else { throw Broken(cause: "the link broke at once", stood: true) }
      if isTrue(device, "Connected") { stood = true }
      guard radio.tree.properties(device, BlueZTree.Interface.device) != nil else {
        throw Broken(cause: "bluetoothd has removed the unit")
      }
      let end = await radio.change(until: deadline)
      try radio.check(attempted)
      guard end == .ready else {
        throw radio.world.failure(
          end, attempted: attempted, port: radio.address,
          cause: stood ? "the unit does not tell its services" : "the link does not come about",
          advice: "Check that the unit is in reach and that no phone is connected to it")
      }
    }
    guard let path = radio.tree.characteristic(characteristic, in: service, of: device) else {
      throw words.error(
        .notFound, attempted, "it has no characteristic \(characteristic) in service \(service)",
        "it offers \(radio.tree.offers(device).joined(separator: ", ")); check that this is a unit of the family"
      )
    }
    return try await subscribe(path, of: device)
  }

  private func subscribe(_ path: String, of device: String) async throws -> any GATTPort {
    let port = BlueZGATT(radio: radio, peripheral: peripheral, device: device, path: path)
    // Before the subscription: the first notification may come with its answer.
    radio.add(port)
    do throws(BusFailure) {
      _ = try await radio.ask(
        .bluez(path, BlueZTree.Interface.characteristic), "StartNotify", deadline: deadline)
    } catch {
      let lost = port.ending
      port.end("the subscription failed")
      if let lost {
        throw Broken(cause: "\(lost) while notifications were switched on (\(error.words))", stood: true)
      }
      guard case .answered = error else {
        throw words.failure(error, attempted, silence: "the unit does not confirm the subscription")
      }
      throw words.notConnected(
        "the unit refuses notifications of \(characteristic) (\(error.words))", attempted, attempts: 1,
        mayWantPairing: true)
    }
    if let cause = port.ending { throw Broken(cause: cause, stood: true) }
    return port
  }

  private func refusal(_ failure: BusFailure) -> any Error {
    guard case .answered = failure else {
      if case .ended(let end) = failure, end == .deadline {
        return words.noAdvertisement(end, attempted, peripheral)
      }
      return words.failure(failure, attempted, silence: "bluetoothd does not answer")
    }
    switch failure.kind {
    case "Failed", "InProgress", "AlreadyConnected", "UnknownObject", "NotAvailable",
      "ConnectionAttemptFailed", "NotConnected", "DoesNotExist":
      return Broken(cause: "the link did not come about (\(failure.words))")
    default: return words.failure(failure, attempted, silence: "")
    }
  }
}
