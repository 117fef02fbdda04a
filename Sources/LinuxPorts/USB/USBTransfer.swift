import CLibUSB
import Ports

/// How a transfer ended.
enum USBTransferEnd: Hashable, Sendable {
  /// With the bytes that came; empty for transfers to the device.
  case completed([UInt8])
  case stalled
  case overflow
  /// The bus reports an error.
  case failed
  case gone
  /// It was taken back because the wait for it ended; with the bytes that had come all the same.
  case ended(WaitEnd, [UInt8])
  /// The kernel did not give it back: nothing more can be done with this handle.
  case stuck
  /// It could not be begun.
  case refused(String)
}

/// One transfer in progress.
final class USBTransfer {
  enum Kind {
    case bulkOut(UInt8, [UInt8])
    case bulkIn(UInt8, Int)
    case control(USBControlRequest)
  }

  /// How long the kernel may take to give a cancelled transfer back.
  static let cancelLimit = Interval.seconds(2)

  private let executor: LinuxExecutor
  private let id: UInt64
  private var outcome: (status: clu_status, count: Int)?

  private init(_ executor: LinuxExecutor) {
    self.executor = executor
    id = executor.waits.makeID()
  }

  /// Called by libusb, on the executor's thread, once.
  fileprivate func finish(_ status: clu_status, _ count: Int) {
    outcome = (status, count)
    executor.end(id, .ready)
  }

  /// Does one transfer, at most until `deadline`; a cancelled task ends it unless stops are held.
  static func run(
    _ kind: Kind, on handle: USBHandle, executor: LinuxExecutor, deadline: Int64, cancellable: Bool
  ) async -> USBTransferEnd {
    let transfer = USBTransfer(executor)
    let owner = Unmanaged.passRetained(transfer)
    var error: Int32 = 0
    guard let pointer = begin(kind, handle, owner.toOpaque(), &error) else {
      owner.release()
      return error == clu_error_no_device.rawValue ? .gone : .refused(String(cString: clu_error_words(error)))
    }
    let end = await executor.wait(for: .post, id: transfer.id, until: deadline, cancellable: cancellable)
    if transfer.outcome == nil { await transfer.takeBack(USBPointer(pointer), handle) }
    // Not freed: libusb may still write to it.
    guard let (status, count) = transfer.outcome else { return .stuck }
    defer { clu_transfer_free(pointer) }
    var bytes: [UInt8] = []
    if case .bulkOut = kind {
    } else {
      bytes = Array(UnsafeBufferPointer(start: clu_transfer_bytes(pointer), count: count))
    }
    switch status {
    case clu_completed: return .completed(bytes)
    case clu_stalled: return .stalled
    case clu_cancelled: return .ended(end, bytes)
    case clu_gone: return .gone
    case clu_overflow: return .overflow
    default: return .failed
    }
  }

  private static func begin(
    _ kind: Kind, _ handle: USBHandle, _ owner: UnsafeMutableRawPointer, _ error: inout Int32
  ) -> OpaquePointer? {
    switch kind {
    case .bulkOut(let endpoint, let bytes):
      clu_submit_bulk(handle.pointer, endpoint, bytes, Int32(bytes.count), transferEnded, owner, &error)
    case .bulkIn(let endpoint, let capacity):
      clu_submit_bulk(handle.pointer, endpoint, nil, Int32(capacity), transferEnded, owner, &error)
    case .control(let request):
      clu_submit_control(handle.pointer, request.setup, transferEnded, owner, &error)
    }
  }

  /// Cancels and waits until the kernel gave it back, whatever stops are asked for meanwhile.
  private func takeBack(_ pointer: USBPointer, _ handle: USBHandle) async {
    let limit = LinuxClock.monotonicNanoseconds() + Self.cancelLimit.nanoseconds
    let asked = await executor.onOwnThread(until: limit, cancellable: false, outlastsStops: true) {
      clu_transfer_cancel(pointer.pointer)
      // The thread keeps the device open until it is done with it.
      withExtendedLifetime(handle) {}
    }
    guard case .success = asked else {
      // The thread may still touch the transfer, whatever else happens.
      outcome = nil
      return
    }
    if outcome == nil {
      _ = await executor.wait(for: .post, id: id, until: limit, cancellable: false, outlastsStops: true)
    }
  }
}

/// Carries a pointer to the thread that does one thing with it.
struct USBPointer: @unchecked Sendable {
  let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { self.pointer = pointer }
}

/// A plain function: a C callback written as a closure would inherit its surroundings' isolation.
private nonisolated func transferEnded(
  _ owner: UnsafeMutableRawPointer?, _ status: clu_status, _ count: Int32
) {
  Unmanaged<USBTransfer>.fromOpaque(owner!).takeRetainedValue().finish(status, Int(count))
}
