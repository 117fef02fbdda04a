import Ports

/// What went wrong with this computer's Bluetooth, in words that say what to check.
struct BlueZWords {
  let port: PortAddress
  let world: LinuxWorld

  private var adapter: String { port.target }

  func error(_ code: PortError.Code, _ attempted: String, _ cause: String, _ advice: String) -> PortError {
    PortError(code, attempted: attempted, port: port.description, cause: cause, advice: advice)
  }

  func stopped(_ attempted: String, _ reason: String) -> PortError { error(.stopped, attempted, reason, "") }

  func closed(_ attempted: String) -> PortError {
    error(.closed, attempted, "the port was closed by this program", "")
  }

  func noBus(_ failure: SystemError, _ attempted: String) -> PortError {
    let code: PortError.Code = failure == .accessDenied ? .permission : .notFound
    return error(
      code, attempted, "this computer's system bus cannot be reached (\(failure.words))",
      "Check that dbus-daemon runs (`systemctl status dbus`) and that this user may use it")
  }

  func noAdapter(_ known: [String], _ attempted: String) -> PortError {
    error(
      .notFound, attempted, "there is no Bluetooth adapter \(adapter)",
      known.isEmpty
        ? "bluetoothd knows no adapter at all: check that it is plugged in (`lsusb`), and that the kernel has it "
          + "(`dmesg | grep -i bluetooth`, `rfkill list`)"
        : "bluetoothd knows \(known.joined(separator: ", ")): correct the address in the rig file")
  }

  func switchedOff(_ attempted: String) -> PortError {
    error(
      .refused, attempted, "the Bluetooth adapter \(adapter) is switched off",
      "Switch it on (`bluetoothctl power on`); if that is refused, `rfkill list` shows what blocks it")
  }

  func noAdvertisement(_ end: WaitEnd, _ attempted: String, _ peripheral: String?) -> PortError {
    world.failure(
      end, attempted: attempted, port: port,
      cause: peripheral.map { "no advertisement of \($0) was heard" } ?? "no unit of the family was heard",
      advice: "Check that the unit is powered and in reach and that no phone is connected to it")
  }

  /// A call to bluetoothd failed in a way that has nothing to do with the unit.
  func failure(_ failure: BusFailure, _ attempted: String, silence: String) -> PortError {
    switch failure {
    case .disconnected(let reason): return noBus(reason, attempted)
    case .ended(let end):
      return world.failure(
        end, attempted: attempted, port: port, cause: silence,
        advice: "Check `systemctl status bluetooth` and `journalctl -u bluetooth`")
    case .answered: break
    }
    switch failure.kind {
    case "ServiceUnknown", "NameHasNoOwner", "SpawnExecFailed", "ExecFailed", "ServiceNotFound", "NoReply",
      "TimedOut", "Timeout":
      return error(
        .notFound, attempted, "bluetoothd does not run on this computer (\(failure.words))",
        "Start it: `systemctl enable --now bluetooth`, Debian package bluez")
    case "AccessDenied", "AuthFailed":
      return error(
        .permission, attempted, "the system bus does not let this user talk to bluetoothd (\(failure.words))",
        "Add the user to the group bluetooth (`adduser USER bluetooth`) and log in again; the rule is in "
          + "/etc/dbus-1/system.d/bluetooth.conf")
    case "NotReady": return switchedOff(attempted)
    case "InProgress", "Busy":
      return error(
        .busy, attempted, "the adapter \(adapter) is busy (\(failure.words))",
        "Close other programs that use Bluetooth on this computer (bluetoothctl, desktop settings)")
    default:
      return error(
        .refused, attempted, "bluetoothd refuses: \(failure.words)",
        "Check `journalctl -u bluetooth` and that the adapter can do Bluetooth low energy")
    }
  }

  /// bluetoothd does not let us answer pairing requests.
  func noAgent(_ failure: BusFailure, _ attempted: String) -> PortError {
    guard case .answered = failure, !["ServiceUnknown", "NameHasNoOwner", "NoReply"].contains(failure.kind)
    else {
      return self.failure(failure, attempted, silence: "bluetoothd does not answer")
    }
    return error(
      .refused, attempted,
      "bluetoothd does not take the agent that declines pairing requests (\(failure.words)); somebody else would "
        + "answer them, and a bond would stay in the unit",
      "Close other Bluetooth agents (desktop settings, `bluetoothctl`), check `journalctl -u bluetooth` and "
        + "/etc/dbus-1/system.d/bluetooth.conf, then restart it: `systemctl restart bluetooth`")
  }

  /// The link with a unit did not come about.
  func notConnected(
    _ cause: String, _ attempted: String, attempts: Int, mayWantPairing: Bool
  ) -> PortError {
    error(
      .refused, attempted, cause + (attempts > 1 ? "; tried \(attempts) times" : ""),
      "Check that the unit is in reach and that no phone is connected to it"
        + (mayWantPairing
          ? ". A unit that wants pairing (a PIN) fails like this, too: the rig does not pair, so switch it off in the "
            + "vendor's app; `btmon` shows what the unit asks for"
          : ""))
  }

  func lost(_ attempted: String, _ peripheral: String, _ cause: String) -> PortError {
    PortError(
      .closed, attempted: attempted, port: "\(port), \(peripheral)", cause: cause,
      advice: "Check that the unit has supply and is in reach, then connect again")
  }
}

extension SystemError {
  static let accessDenied = SystemError(number: 13)
}
