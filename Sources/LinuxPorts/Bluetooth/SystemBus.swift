import CSystemBus
import Glibc
import Ports

/// One connection with the computer's message bus, the system D-Bus (or what `DBUS_SYSTEM_BUS_ADDRESS` names).
///
/// libsystemd's client is not safe for threads: it is used on the executor's thread only. Its descriptor is in the
/// executor's loop, so that a message is taken, and its arrival noted, when it comes and not when somebody asks.
final class SystemBus {
  private let world: LinuxWorld
  private let bus: OpaquePointer
  private let descriptor: Int32
  private var watch: UInt64?
  private var filter: OpaquePointer?
  /// Waits that look at the state again after each batch of messages.
  private var curious: Set<UInt64> = []
  /// Waits for an answer.
  private var pending: Set<UInt64> = []

  /// Why the connection is over; nil while it lasts.
  private(set) var end: SystemError?
  /// Sees each signal. It must not use the bus.
  var onSignal: ((BusMessage) -> Void)?
  /// Answers calls of other programs: the name and words of an error, or nil for "done".
  var onCall: ((BusMessage) -> (name: String, words: String)?)?
  /// Called once when the connection ends by itself.
  var onEnd: (() -> Void)?

  /// Starts to connect; the first `call` waits until it has come about.
  /// - Throws: the error number, e.g. ENOENT when no bus runs.
  init(world: LinuxWorld) throws(SystemError) {
    self.world = world
    var opened: OpaquePointer?
    _ = try BusValue.checked(sd_bus_open_system(&opened))
    guard let opened else { throw SystemError(number: ENOTCONN) }
    bus = opened
    descriptor = sd_bus_get_fd(opened)
    do {
      watch = try world.executor.watchChanges(descriptor) { [unowned self] in process() }
    } catch {
      sd_bus_close_unref(opened)
      throw error
    }
    let this = Unmanaged.passUnretained(self).toOpaque()
    sd_bus_add_filter(bus, &filter, messageArrived, this)
  }

  deinit { close() }

  /// What was sent stays sent: messages go to the kernel at once.
  func close() {
    guard let watch else { return }
    self.watch = nil
    world.executor.unwatch(watch, descriptor)
    sd_bus_slot_unref(filter)
    filter = nil
    sd_bus_close_unref(bus)
    over(SystemError(number: ECONNRESET), ownDoing: true)
  }

  // MARK: - Asking

  /// Asks and waits for the answer.
  func call(
    _ address: BusAddress, _ member: String, _ arguments: [BusValue] = [], deadline: WorldInstant
  ) async throws(BusFailure) -> [BusValue] {
    if let end { throw .disconnected(end) }
    let call = PendingCall(id: world.executor.waits.makeID(), executor: world.executor)
    var slot: OpaquePointer?
    do {
      let message = try make(address, member, arguments)
      defer { sd_bus_message_unref(message) }
      let caller = Unmanaged.passUnretained(call).toOpaque()
      // No time limit of the library's own: the world's deadline is the only one.
      _ = try BusValue.checked(sd_bus_call_async(bus, &slot, message, replyArrived, caller, .max))
    } catch {
      throw .disconnected(error)
    }
    pending.insert(call.id)
    defer { pending.remove(call.id) }
    let ending = await world.executor.wait(
      for: .post, id: call.id, until: world.monotonic(deadline), cancellable: !world.holdStops)
    // Forgets the call: its answer, should it still come, finds nobody.
    sd_bus_slot_unref(slot)
    if let answer = call.answer { return try answer.get() }
    if let end { throw .disconnected(end) }
    throw .ended(ending)
  }

  /// Asks without wanting an answer.
  func send(_ address: BusAddress, _ member: String, _ arguments: [BusValue] = []) {
    guard end == nil, let message = try? make(address, member, arguments) else { return }
    sd_bus_message_set_expect_reply(message, 0)
    sd_bus_send(bus, message, nil)
    sd_bus_message_unref(message)
  }

  private func make(_ address: BusAddress, _ member: String, _ arguments: [BusValue])
    throws(SystemError) -> OpaquePointer
  {
    var made: OpaquePointer?
    _ = try BusValue.checked(
      sd_bus_message_new_method_call(
        bus, &made, address.destination, address.path, address.interface, member))
    guard let made else { throw SystemError(number: ENOMEM) }
    do {
      for argument in arguments { try argument.append(to: made) }
    } catch {
      sd_bus_message_unref(made)
      throw error
    }
    return made
  }

  /// Waits until messages have arrived or the connection has ended.
  func news(until deadline: WorldInstant) async -> WaitEnd {
    guard end == nil else { return .ready }
    let id = world.executor.waits.makeID()
    curious.insert(id)
    defer { curious.remove(id) }
    return await world.executor.wait(
      for: .post, id: id, until: world.monotonic(deadline), cancellable: !world.holdStops)
  }

  // MARK: - Listening

  /// Takes everything that has arrived. The kernel reports each change once, so it goes on until nothing is left.
  private func process() {
    while watch != nil {
      let result = sd_bus_process(bus, nil)
      if result == 0 { break }
      if result < 0 {
        over(SystemError(number: -result), ownDoing: false)
        break
      }
    }
    wakeCurious()
  }

  private func over(_ error: SystemError, ownDoing: Bool) {
    guard end == nil else { return }
    end = error
    if !ownDoing { onEnd?() }
    for id in pending.sorted() { world.executor.end(id, .ready) }
    wakeCurious()
  }

  private func wakeCurious() {
    let ids = curious
    curious = []
    for id in ids.sorted() { world.executor.end(id, .ready) }
  }

  /// - Returns: Whether the message was meant for us and needs no further looking after.
  fileprivate func take(_ message: OpaquePointer) -> Bool {
    var type: UInt8 = 0
    sd_bus_message_get_type(message, &type)
    switch Int(type) {
    case Int(SD_BUS_MESSAGE_SIGNAL):
      if let signal = BusMessage(message) { onSignal?(signal) }
      return false
    case Int(SD_BUS_MESSAGE_METHOD_CALL):
      guard let onCall, let call = BusMessage(message) else { return false }
      reply(to: message, with: onCall(call))
      return true
    default: return false
    }
  }

  private func reply(to call: OpaquePointer, with error: (name: String, words: String)?) {
    guard sd_bus_message_get_expect_reply(call) > 0 else { return }
    var reply: OpaquePointer?
    if let error {
      var description = sd_bus_error()
      sd_bus_error_set(&description, error.name, error.words)
      sd_bus_message_new_method_error(call, &reply, &description)
      sd_bus_error_free(&description)
    } else {
      sd_bus_message_new_method_return(call, &reply)
    }
    sd_bus_send(bus, reply, nil)
    sd_bus_message_unref(reply)
  }
}

/// A call whose answer is awaited.
private final class PendingCall {
  let id: UInt64
  private let executor: LinuxExecutor
  var answer: Result<[BusValue], BusFailure>?

  init(id: UInt64, executor: LinuxExecutor) {
    self.id = id
    self.executor = executor
  }

  func finish(_ message: OpaquePointer) {
    if let error = sd_bus_message_get_error(message) {
      func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
      answer = .failure(.answered(name: text(error.pointee.name), words: text(error.pointee.message)))
    } else {
      do { answer = .success(try BusValue.all(in: message)) } catch {
        answer = .failure(.disconnected(error))
      }
    }
    executor.end(id, .ready)
  }
}

private nonisolated func replyArrived(
  _ message: OpaquePointer?, _ caller: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
  Unmanaged<PendingCall>.fromOpaque(caller!).takeUnretainedValue().finish(message!)
  return 1
}

private nonisolated func messageArrived(
  _ message: OpaquePointer?, _ owner: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
  Unmanaged<SystemBus>.fromOpaque(owner!).takeUnretainedValue().take(message!) ? 1 : 0
}
