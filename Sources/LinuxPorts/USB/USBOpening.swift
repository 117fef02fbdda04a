import CLibUSB
import Glibc
import Ports

/// Opens `usb://VENDOR:PRODUCT/SERIAL`: finds the instrument in sysfs, takes its interface over from the kernel's
/// driver and brings it to a known state. Changes no setting of the instrument.
struct USBOpening {
  let address: PortAddress
  let world: LinuxWorld
  var folder = USBDeviceList.systemFolder
  var quirks = USBQuirks.table

  private static let attempted = "open the USB instrument"

  /// - Throws: `.badAddress`, `.notFound`, `.permission`, `.busy`, `.malformed`, `.deadline`, `.stopped`.
  func open(deadline: WorldInstant) async throws(PortError) -> any MessagePort {
    let wanted = try USBAddress(address)
    if let reason = world.stopInForce { throw error(.stopped, reason, "") }
    try await waitForEarlierClosing(deadline: deadline)
    let instrument = try find(wanted)
    let context = try world.usb.started(for: address)
    let handle = try take(instrument, context)
    try await claim(instrument, handle, deadline: deadline)
    let quirks = USBQuirks.of(vendor: instrument.vendor, product: instrument.product, in: quirks)
    let port = USBMessages(handle, instrument: instrument, quirks: quirks, address: address, world: world)
    do { try await port.prepare(deadline: deadline) } catch {
      port.close()
      throw error
    }
    return port
  }

  /// An interface that this process is still giving back must not be found busy.
  private func waitForEarlierClosing(deadline: WorldInstant) async throws(PortError) {
    guard !clu_wait_until_given_back(0) else { return }
    let limit = (deadline - world.now).nanoseconds / 1_000_000
    _ = await world.executor.onOwnThread(
      until: world.monotonic(deadline), cancellable: !world.holdStops
    ) { clu_wait_until_given_back(Int32(clamping: max(1, limit))) }
  }

  // MARK: finding

  private func find(_ wanted: USBAddress) throws(PortError) -> USBInstrument {
    let list = USBDeviceList(folder: folder)
    let sameProduct = list.instruments.filter { $0.vendor == wanted.vendor && $0.product == wanted.product }
    let matches = sameProduct.filter { candidate in
      (wanted.serial.map { $0 == candidate.serial } ?? true)
        && (wanted.interface.map { $0 == candidate.interface.number } ?? true)
    }
    if matches.count == 1 { return matches[0] }
    let isOtherKind = list.others.contains { $0.vendor == wanted.vendor && $0.product == wanted.product }
    let present = Self.listed(list.instruments)
    if matches.count > 1 {
      let devices = Set(matches.map { [$0.bus, $0.device] })
      throw error(
        .badAddress, "\(matches.count) instruments fit: \(Self.listed(matches))",
        devices.count > 1 ? "Write the serial number" : "Write ?interface=N with one of their numbers")
    }
    if sameProduct.isEmpty, isOtherKind {
      throw error(
        .notFound, "the device is there but has no USBTMC interface",
        "Switch its USB mode to USBTMC if it has one; one that shows as a serial line is opened as "
          + "serial:///dev/serial/by-id/...")
    }
    throw error(
      .notFound, sameProduct.isEmpty ? "no such instrument; \(present)" : "another serial number; \(present)",
      "Check cable and power, and the address in the rig file against `lsusb -v`")
  }

  private static func listed(_ instruments: [USBInstrument]) -> String {
    guard !instruments.isEmpty else { return "no USB instrument is plugged in" }
    return "plugged in: "
      + instruments.map { one in
        let several = instruments.count { $0.bus == one.bus && $0.device == one.device } > 1
        let interface = several ? "?interface=\(one.interface.number)" : ""
        return one.address + interface + (one.title.isEmpty ? "" : " (\(one.title))")
      }.joined(separator: ", ")
  }

  // MARK: taking

  private static func node(_ instrument: USBInstrument) -> String {
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
    return "/dev/bus/usb/\(padded(instrument.bus))/\(padded(instrument.device))"
  }

  private func take(_ instrument: USBInstrument, _ context: USBContext) throws(PortError) -> USBHandle {
    let node = Self.node(instrument)
    let descriptor = Glibc.open(node, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw refusal(.last, node) }
    var failure: Int32 = 0
    guard let pointer = clu_handle_open(context.pointer, descriptor, &failure) else {
      throw error(
        .notFound, "\(node): \(String(cString: clu_error_words(failure)))",
        "Unplug the instrument and plug it in again")
    }
    return USBHandle(pointer, context: context)
  }

  private func refusal(_ system: SystemError, _ node: String) -> PortError {
    switch system.number {
    case EACCES, EPERM:
      error(
        .permission, "\(node): \(system.words)",
        "Install the udev rules of Rigs/udev, plug the instrument in again, and be in the group plugdev "
          + "(`sudo usermod -aG plugdev $USER`, then log in again)")
    case EROFS:
      error(.permission, "\(node): \(system.words)", "Give the container the device read-write")
    case ENOENT, ENODEV, ENXIO:
      error(
        .notFound, "\(node): \(system.words)",
        "The instrument has just been unplugged, or this container sees /sys but not /dev/bus/usb")
    default: error(.notFound, "\(node): \(system.words)", "Unplug the instrument and plug it in again")
    }
  }

  /// On a thread of its own: the kernel's driver may have to talk to the instrument before it lets go.
  private func claim(
    _ instrument: USBInstrument, _ handle: USBHandle, deadline: WorldInstant
  ) async throws(PortError) {
    let number = Int32(instrument.interface.number)
    let answer = await world.executor.onOwnThread(
      until: world.monotonic(deadline), cancellable: !world.holdStops
    ) { clu_handle_claim(handle.pointer, number) }
    let node = Self.node(instrument)
    switch answer {
    case .success(0): return
    case .success(clu_error_busy.rawValue):
      throw error(
        .busy, "another program has the instrument\(instrument.driver.map { " (driver \($0))" } ?? "")",
        "Find it with `fuser -v \(node)` as root")
    case .success(clu_error_no_device.rawValue), .success(clu_error_not_found.rawValue):
      throw error(.notFound, "it has just been unplugged", "Check cable and power")
    case .success(let code):
      throw error(
        .busy, "its interface cannot be taken (\(String(cString: clu_error_words(code))))",
        "Unplug the instrument and plug it in again")
    case .failure(.noThread): throw error(.busy, "no thread could be started", "Check `ulimit -u`")
    case .failure(.ended(let end)):
      throw world.failure(
        end, attempted: Self.attempted, port: address,
        cause: "the kernel's driver did not let go of the instrument in time",
        advice: "Unplug the instrument and plug it in again")
    }
  }

  private func error(_ code: PortError.Code, _ cause: String, _ advice: String) -> PortError {
    PortError(code, attempted: Self.attempted, port: address.description, cause: cause, advice: advice)
  }
}
