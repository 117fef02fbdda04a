import Ports

/// Messages to and from a USB instrument.
///
/// An answer that did not come in time, or not as the protocol says, leaves the port *out of step*: a late answer could
/// be taken for the next one. From then on it receives nothing until `clear` brought both sides back together; sending
/// stays possible, because switching off needs no answer, and gives up the outstanding transfer first.
final class USBMessages: MessagePort {
  let address: PortAddress
  let instrument: USBInstrument
  let quirks: USBQuirks
  let world: LinuxWorld
  /// nil once closed.
  var handle: USBHandle?
  private let tags = USBTMCTags()
  /// Transfers that were begun and neither ended nor given up properly.
  private var open: [USBPipe: UInt8] = [:]
  /// Why nothing may be received.
  private var outOfStep: String?
  /// When the instrument may be spoken to again.
  var earliest = WorldInstant.start

  /// Longest answer: a recorder's memory of 10 million points fits.
  static let lengthMax = 32 * 1024 * 1024

  init(
    _ handle: USBHandle, instrument: USBInstrument, quirks: USBQuirks, address: PortAddress, world: LinuxWorld
  ) {
    self.handle = handle
    self.instrument = instrument
    self.quirks = quirks
    self.address = address
    self.world = world
  }

  var interface: USBTMCInterface { instrument.interface }

  /// The interface goes back to the kernel's driver, a moment later.
  func close() { handle = nil }

  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    let attempted = "send \(message.count) bytes"
    try check(attempted)
    if !open.isEmpty { try await giveUp(attempted, deadline: halfway(to: deadline)) }
    var exchange = USBTMCSending(message, tags: tags)
    do { try await run(&exchange, attempted, deadline: deadline) } catch {
      if let tag = exchange.openTag { open[.outgoing] = tag }
      outOfStep = "a command was not taken whole"
      throw error
    }
  }

  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let attempted = "receive"
    try check(attempted)
    if let outOfStep {
      throw PortError(
        .busy, attempted: attempted, port: address.description,
        cause: "question and answer are out of step: \(outOfStep)",
        advice: "Clear the instrument first")
    }
    var exchange = USBTMCReceiving(
      tags: tags, quirks: quirks, packetSize: interface.packetSize, lengthMax: Self.lengthMax)
    do { try await run(&exchange, attempted, deadline: deadline) } catch {
      open[.incoming] = exchange.openTag
      outOfStep = error.code == .deadline ? "an answer is outstanding" : error.cause
      throw error
    }
    return exchange.message
  }

  /// Gives up what is outstanding, then clears the device; when it refuses, ends the halts of both endpoints and
  /// tries once more. Beyond that only unplugging helps: the port is never reset by itself, some models would not
  /// come back.
  func clear(deadline: WorldInstant) async throws(PortError) {
    let attempted = "clear the instrument"
    try check(attempted)
    try await giveUp(attempted, deadline: halfway(to: deadline))
    do { try await clearDevice(attempted, deadline: deadline) } catch {
      guard error.code == .malformed else { throw error }
      for pipe in [USBPipe.incoming, .outgoing] {
        _ = try await perform(.clearHalt(pipe), attempted, deadline: deadline)
      }
      try await clearDevice(attempted, deadline: deadline)
    }
    open = [:]
    outOfStep = nil
  }

  private func clearDevice(_ attempted: String, deadline: WorldInstant) async throws(PortError) {
    var exchange = USBTMCClearing(interface: interface)
    try await run(&exchange, attempted, deadline: deadline)
  }

  /// Ends outstanding transfers as the protocol says. An instrument that does not take part is left to `clear`; that
  /// it is gone is not.
  private func giveUp(_ attempted: String, deadline: WorldInstant) async throws(PortError) {
    for pipe in [USBPipe.incoming, .outgoing] {
      guard let tag = open[pipe] else { continue }
      var exchange = USBTMCAborting(pipe, tag: tag, interface: interface)
      do {
        try await run(&exchange, attempted, deadline: deadline)
        open[pipe] = nil
      } catch {
        if error.code == .closed || error.code == .stopped { throw error }
      }
    }
  }

  /// Half of the time is left for what follows.
  private func halfway(to deadline: WorldInstant) -> WorldInstant {
    let now = world.now
    guard deadline < .distantFuture else { return now + .seconds(1) }
    return now + Interval(nanoseconds: max(0, (deadline - now).nanoseconds / 2))
  }

  // MARK: opening

  /// What the instrument can do, and a first clear where its model stands that.
  func prepare(deadline: WorldInstant) async throws(PortError) {
    let attempted = "open the USB instrument"
    // Asked to see that it answers at all; some refuse it and work all the same.
    _ = try await perform(.control(interface.control(.capabilities)), attempted, deadline: deadline)
    if !quirks.isNotClearedOnOpen { try await clear(deadline: deadline) }
  }

  func check(_ attempted: String) throws(PortError) {
    guard handle != nil else {
      throw failure(.closed, attempted, "this end has closed it", "")
    }
    guard let reason = world.stopInForce else { return }
    throw failure(.stopped, attempted, reason, "")
  }

  func failure(
    _ code: PortError.Code, _ attempted: String, _ cause: String, _ advice: String, _ bytes: [UInt8] = []
  ) -> PortError {
    PortError(
      code, attempted: attempted, port: address.description, cause: cause, advice: advice, bytesSeen: bytes)
  }
}
