import CLibUSB
import Ports

/// Doing what the protocol's machines ask for.
extension USBMessages {
  static let stallAdvice = "Clear the instrument; if that does not help switch it off and on"

  /// Runs an exchange to its end.
  /// - Throws: `.malformed` when the instrument does not keep the protocol; `.deadline`, `.closed`, `.stopped`.
  func run(
    _ exchange: inout some USBTMCExchange, _ attempted: String, deadline: WorldInstant
  ) async throws(PortError) {
    var event: USBTMCEvent?
    while true {
      let action: USBTMCAction?
      do { action = try exchange.next(event) } catch {
        if case .stalled(let pipe) = error {
          // Ended here, because a halted endpoint would refuse the recovery, too.
          _ = try? await perform(.clearHalt(pipe), attempted, deadline: deadline)
        }
        throw failure(.malformed, attempted, error.description, Self.stallAdvice, error.bytesSeen)
      }
      guard let action else { return }
      event = try await perform(action, attempted, deadline: deadline)
    }
  }

  func perform(
    _ action: USBTMCAction, _ attempted: String, deadline: WorldInstant
  ) async throws(PortError) -> USBTMCEvent {
    switch action {
    case .write(let bytes):
      try await pause(until: earliest, attempted, deadline: deadline)
      let event = try await transfer(.bulkOut(interface.outgoing, bytes), attempted, deadline: deadline)
      earliest = world.now + quirks.gap
      return event == .bytes([]) ? .done : event
    case .read(let capacity, let limit):
      let end = limit.map { min(deadline, world.now + $0) } ?? deadline
      let event = try await transfer(
        .bulkIn(interface.incoming, capacity), attempted, deadline: end, endsSilently: limit != nil)
      earliest = world.now + quirks.gap
      return event
    case .control(let request):
      return try await transfer(.control(request), attempted, deadline: deadline)
    case .clearHalt(let pipe):
      try await clearHalt(pipe, attempted, deadline: deadline)
      return .done
    case .pause(let interval):
      try await pause(until: world.now + interval, attempted, deadline: deadline)
      return .done
    }
  }

  private func transfer(
    _ kind: USBTransfer.Kind, _ attempted: String, deadline: WorldInstant, endsSilently: Bool = false
  ) async throws(PortError) -> USBTMCEvent {
    try check(attempted)
    guard let handle else { throw failure(.closed, attempted, "this end has closed it", "") }
    let end = await USBTransfer.run(
      kind, on: handle, executor: world.executor, deadline: world.monotonic(deadline),
      cancellable: !world.holdStops)
    switch end {
    case .completed(let bytes):
      if case .bulkOut = kind { return .bytes([]) }
      return .bytes(bytes)
    case .stalled: return .stalled
    case .ended(.deadline, let bytes) where endsSilently:
      return bytes.isEmpty ? .silent : .bytes(bytes)
    case .ended(let why, let bytes): throw late(why, kind, attempted, bytes)
    case .gone: throw gone(attempted)
    case .failed: throw await broken(attempted)
    case .overflow:
      throw failure(.malformed, attempted, "the instrument sent more than a packet holds", Self.stallAdvice)
    case .stuck:
      self.handle = nil
      throw failure(
        .closed, attempted, "the kernel does not give the transfer back",
        "Unplug the instrument and plug it in again")
    case .refused(let words):
      throw failure(
        .busy, attempted, "the kernel takes no transfer (\(words))",
        "Check /sys/module/usbcore/parameters/usbfs_memory_mb and what else uses USB")
    }
  }

  private func late(
    _ why: WaitEnd, _ kind: USBTransfer.Kind, _ attempted: String, _ bytes: [UInt8]
  ) -> PortError {
    let isIncoming = if case .bulkIn = kind { true } else { false }
    let error = world.failure(
      why, attempted: attempted, port: address,
      cause: isIncoming
        ? "no answer before the deadline"
        : "the instrument did not take it before the deadline; part of it may have been carried out",
      advice: isIncoming
        ? "Check that the instrument understood the command, and whether it needs longer"
        : "Check whether the instrument hangs or is busy")
    return PortError(
      error.code, attempted: error.attempted, port: error.port, cause: error.cause, advice: error.advice,
      bytesSeen: bytes)
  }

  private func gone(_ attempted: String) -> PortError {
    handle = nil
    return failure(
      .closed, attempted, "the instrument was unplugged or switched off",
      "Check USB cable and power; open it again once it is back")
  }

  /// A transfer fails a moment before the hub notices that the plug is out: the kernel's list decides which it was.
  private func broken(_ attempted: String) async -> PortError {
    for _ in 1...Self.hubLooks {
      let isThere = USBDeviceList().instruments.contains {
        $0.bus == instrument.bus && $0.device == instrument.device
      }
      guard isThere else { return gone(attempted) }
      _ = await world.executor.wait(
        for: .post, until: world.monotonic(world.now + Self.hubPause), cancellable: false, outlastsStops: true
      )
    }
    return failure(
      .malformed, attempted, "the USB transfer failed",
      "Check cable and hub; disturbances near contactors do this, too: use a short, shielded cable")
  }

  static let hubLooks = 6
  static let hubPause = Interval.milliseconds(50)

  /// On a thread of its own: it asks the instrument and waits for its answer.
  private func clearHalt(
    _ pipe: USBPipe, _ attempted: String, deadline: WorldInstant
  ) async throws(PortError) {
    guard let handle else { throw failure(.closed, attempted, "this end has closed it", "") }
    let endpoint = pipe == .incoming ? interface.incoming : interface.outgoing
    let answer = await world.executor.onOwnThread(
      until: world.monotonic(deadline), cancellable: !world.holdStops
    ) { clu_handle_clear_halt(handle.pointer, endpoint) }
    switch answer {
    case .success(clu_error_no_device.rawValue), .success(clu_error_not_found.rawValue): throw gone(attempted)
    case .success(let code) where code < 0:
      throw failure(
        .malformed, attempted,
        "the halt of an endpoint does not end (\(String(cString: clu_error_words(code))))",
        "Switch the instrument off and on")
    case .success: return
    case .failure(.noThread):
      throw failure(.busy, attempted, "no thread could be started", "Check `ulimit -u`")
    case .failure(.ended(let end)):
      throw world.failure(
        end, attempted: attempted, port: address,
        cause: "the halt of an endpoint did not end before the deadline",
        advice: "Switch the instrument off and on")
    }
  }

  private func pause(until instant: WorldInstant, _ attempted: String, deadline: WorldInstant)
    async throws(PortError)
  {
    while world.now < instant {
      let end = await world.wait(for: .post, until: min(instant, deadline))
      guard end == .deadline, world.now < deadline || instant <= deadline else {
        throw world.failure(
          end, attempted: attempted, port: address,
          cause: "the deadline came before the instrument was ready",
          advice: "Allow more time")
      }
    }
  }
}
