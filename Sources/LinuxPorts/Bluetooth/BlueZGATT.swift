import Ports

/// A connected and subscribed characteristic of a unit.
final class BlueZGATT: GATTPort {
  let peripheral: String
  /// Of the characteristic.
  let path: String
  private let device: String
  private let radio: BlueZRadio
  private var inbox = ArraySlice<Notification>()
  /// Why the connection is over; nil while it stands.
  private(set) var ending: String?
  /// Bytes that one write may hold: the negotiated ATT MTU less 3; 20 when bluetoothd does not tell.
  let writeLimit: Int

  init(radio: BlueZRadio, peripheral: String, device: String, path: String) {
    self.radio = radio
    self.peripheral = peripheral
    self.device = device
    self.path = path
    let mtu = radio.tree.properties(path, BlueZTree.Interface.characteristic)?["MTU"]?.integer ?? 23
    writeLimit = max(20, mtu - 3)
  }

  deinit { disconnect() }

  var isConnected: Bool { ending == nil }

  func write(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    let attempted = "write \(bytes.count) bytes"
    try check(attempted)
    guard bytes.count <= writeLimit else {
      throw PortError(
        .malformed, attempted: attempted, port: "\(radio.address), \(peripheral)",
        cause: "the connection carries \(writeLimit) bytes in one write", advice: "Write in smaller pieces")
    }
    do throws(BusFailure) {
      _ = try await radio.ask(
        .bluez(path, BlueZTree.Interface.characteristic), "WriteValue",
        [.bytes(bytes), .table(["type": .text("command")])], deadline: deadline)
    } catch {
      if let ending { throw radio.words.lost(attempted, peripheral, ending) }
      guard case .answered = error else {
        throw radio.words.failure(error, attempted, silence: "bluetoothd did not take it before the deadline")
      }
      // bluetoothd knows of the lost link before it tells us.
      end("bluetoothd could not send (\(error.words))")
      throw radio.words.lost(attempted, peripheral, "bluetoothd could not send (\(error.words))")
    }
  }

  func notification(deadline: WorldInstant) async throws(PortError) -> Notification {
    let attempted = "receive a notification"
    while true {
      if let reason = radio.world.stopInForce { throw radio.words.stopped(attempted, reason) }
      if let first = inbox.popFirst() { return first }
      if let ending { throw radio.words.lost(attempted, peripheral, ending) }
      let end = await radio.change(until: deadline)
      guard end == .ready else {
        throw radio.world.failure(
          end, attempted: attempted, port: radio.address, cause: "the unit sent nothing before the deadline",
          advice: "Check that the unit is awake; a request that it does not know is not answered")
      }
    }
  }

  private func check(_ attempted: String) throws(PortError) {
    if let reason = radio.world.stopInForce { throw radio.words.stopped(attempted, reason) }
    if let ending { throw radio.words.lost(attempted, peripheral, ending) }
  }

  func disconnect() {
    guard isConnected else { return }
    end("this program has ended it")
    radio.tell(.bluez(path, BlueZTree.Interface.characteristic), "StopNotify")
    radio.tell(.bluez(device, BlueZTree.Interface.device), "Disconnect")
  }

  // MARK: - Told by the radio

  func take(_ bytes: [UInt8]) {
    guard inbox.count < BlueZPolicy.notificationsMax else {
      return end("more than \(BlueZPolicy.notificationsMax) notifications were left lying")
    }
    inbox.append(Notification(bytes: bytes, at: radio.world.now))
  }

  /// The first reason counts.
  func end(_ cause: String) { if ending == nil { ending = cause } }
}
