import Ports

/// `hislip://HOST[:4880][/hislip0]`: two TCP connections to one instrument, used as a message port.
///
/// After a missed deadline the port stays usable: the late response carries an old number and is dropped.
final class HiSLIPPort: MessagePort {
  let address: PortAddress
  private let sync: any StreamPort
  private let async: any StreamPort
  private var machine: HiSLIPClientMachine

  private init(
    address: PortAddress, sync: any StreamPort, async: any StreamPort, machine: HiSLIPClientMachine
  ) {
    self.address = address
    self.sync = sync
    self.async = async
    self.machine = machine
  }

  /// - Throws: What TCP throws; `.refused` in the instrument's words; `.deadline` when the sub-address is unknown to
  ///   an instrument that does not say so.
  static func open(
    _ address: PortAddress, world: LinuxWorld, deadline: WorldInstant
  ) async throws(PortError) -> HiSLIPPort {
    if let option = address.options.first {
      throw PortError(
        .badAddress, attempted: "connect", port: address.description,
        cause: "a hislip address has no option '\(option.key)'", advice: "Remove everything after '?'")
    }
    let part = address.part ?? HiSLIPMessage.usualPart
    let opening = TCPOpening(
      address: address, port: address.number ?? HiSLIPMessage.usualPort, world: world)
    let sync = try await opening.open(deadline: deadline)
    var machine = HiSLIPClientMachine()
    do throws(PortError) {
      try await sync.send(machine.opening(part: part), deadline: deadline)
      while machine.session == nil {
        let bytes = try await sync.receive(deadline: deadline)
        if let fault = machine.fault(in: bytes) { throw refused(fault, address) }
      }
      let async = try await opening.open(deadline: deadline)
      let port = HiSLIPPort(address: address, sync: sync, async: async, machine: machine)
      try await port.join(deadline)
      return port
    } catch {
      sync.close()
      throw unanswered(error, address, part)
    }
  }

  private func join(_ deadline: WorldInstant) async throws(PortError) {
    do {
      try await async.send(machine.joining(machine.session!), deadline: deadline)
      while !machine.isOpen { try await hearAsync("connect", deadline) }
    } catch {
      async.close()
      throw error
    }
  }

  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try await sync.send(machine.outgoing(message), deadline: deadline)
  }

  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    while true {
      if let response = machine.takeResponse() { return response }
      try await hearSync("receive", deadline)
    }
  }

  /// A whole device clear: both ends forget what is under way and count from the beginning.
  func clear(deadline: WorldInstant) async throws(PortError) {
    let attempted = "clear the device"
    try await async.send(machine.beginClear(), deadline: deadline)
    while !machine.isClearGranted { try await hearAsync(attempted, deadline) }
    try await sync.send(machine.completeClear(), deadline: deadline)
    while !machine.isCleared { try await hearSync(attempted, deadline) }
  }

  func close() {
    sync.close()
    async.close()
  }

  private func hearSync(_ attempted: String, _ deadline: WorldInstant) async throws(PortError) {
    let bytes = try await sync.receive(deadline: deadline)
    do { try machine.heardSync(bytes) } catch { throw malformed(error, attempted, bytes) }
  }

  private func hearAsync(_ attempted: String, _ deadline: WorldInstant) async throws(PortError) {
    let bytes = try await async.receive(deadline: deadline)
    do { try machine.heardAsync(bytes) } catch { throw malformed(error, attempted, bytes) }
  }

  private func malformed(_ fault: HiSLIPFault, _ attempted: String, _ bytes: [UInt8]) -> PortError {
    PortError(
      .malformed, attempted: attempted, port: address.description, cause: fault.words,
      advice: "Close the session and open it again", bytesSeen: bytes)
  }

  private static func refused(_ fault: HiSLIPFault, _ address: PortAddress) -> PortError {
    let isFull = fault.code == .tooManyClients
    return PortError(
      isFull ? .busy : fault.code == .poorHeader ? .malformed : .refused, attempted: "connect",
      port: address.description, cause: fault.words,
      advice: isFull
        ? "Close the other programs that speak to the instrument"
        : "Check the sub-address (mostly hislip0) and that this port is the instrument's HiSLIP port")
  }

  private static func unanswered(_ error: PortError, _ address: PortAddress, _ part: String) -> PortError {
    guard error.code == .deadline, error.attempted == "receive" else { return error }
    return PortError(
      .deadline, attempted: "connect", port: address.description,
      cause: "the instrument took the connection but did not answer for '\(part)'",
      advice:
        "Check the sub-address (mostly hislip0) and that HiSLIP is switched on in the instrument's LAN settings"
    )
  }
}
