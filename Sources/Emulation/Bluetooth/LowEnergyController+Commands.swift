import Ports

/// The commands of the host.
extension LowEnergyController {
  /// Group and number, as Bluetooth Core 5.3 volume 4 part E section 7 lists them.
  enum Command {
    static let disconnect: UInt16 = 0x0406
    static let readRemoteVersion: UInt16 = 0x041D
    static let reset: UInt16 = 0x0C03
    static let readVersion: UInt16 = 0x1001
    static let readCommands: UInt16 = 0x1002
    static let readFeatures: UInt16 = 0x1003
    static let readAddress: UInt16 = 0x1009
    static let readBufferSize: UInt16 = 0x2002
    static let readLowFeatures: UInt16 = 0x2003
    static let readAdvertisingPower: UInt16 = 0x2007
    static let scanParameters: UInt16 = 0x200B
    static let scanEnable: UInt16 = 0x200C
    static let connect: UInt16 = 0x200D
    static let cancelConnect: UInt16 = 0x200E
    static let acceptListSize: UInt16 = 0x200F
    static let clearAcceptList: UInt16 = 0x2010
    static let addToAcceptList: UInt16 = 0x2011
    static let removeFromAcceptList: UInt16 = 0x2012
    static let updateConnection: UInt16 = 0x2013
    static let readRemoteFeatures: UInt16 = 0x2016
    static let readStates: UInt16 = 0x201C
  }

  func command(_ code: UInt16, _ parameters: [UInt8]) {
    switch code {
    case Command.disconnect, Command.readRemoteVersion, Command.connect, Command.updateConnection,
      Command.readRemoteFeatures:
      slowCommand(code, parameters)
    case Command.cancelConnect: cancelConnect()
    case Command.reset:
      forget()
      complete(code)
    case Command.scanParameters:
      if let type = parameters.first { scan.isActive = type == 1 }
      complete(code)
    case Command.scanEnable: enableScan(parameters)
    case Command.clearAcceptList:
      acceptList = []
      complete(code)
    case Command.addToAcceptList, Command.removeFromAcceptList:
      let address = Array(parameters.dropFirst().prefix(6))
      acceptList.removeAll { $0 == address }
      if code == Command.addToAcceptList { acceptList.append(address) }
      complete(code)
    default: complete(code, self.answer(code))
    }
  }

  /// - Returns: status and values; nil for a command that this controller does not have.
  private func answer(_ code: UInt16) -> [UInt8]? {
    switch code {
    // Bluetooth 5.0, a manufacturer number for tests.
    case Command.readVersion: [9, 0, 0, 9] + UInt16(0xFFFF).littleEndian2 + [0, 0]
    case Command.readCommands: Self.supportedCommands
    // No classic Bluetooth (bit 37), low energy (bit 38).
    case Command.readFeatures: [0, 0, 0, 0, 0x60, 0, 0, 0]
    case Command.readAddress: ownAddress
    // 251 bytes a packet, 15 packets at once.
    case Command.readBufferSize: UInt16(251).littleEndian2 + [15]
    case Command.readLowFeatures: [UInt8](repeating: 0, count: 8)
    case Command.readAdvertisingPower: [0]
    case Command.acceptListSize: [8]
    // Scanning and initiating in every combination.
    case Command.readStates: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x03, 0, 0]
    // Event masks and the random address: noted, without consequence.
    case 0x0C01, 0x0C63, 0x2001, 0x2005: []
    default: nil
    }
  }

  /// The bits of the commands above (octet, bit: section 6.27).
  private static let supportedCommands: [UInt8] = {
    var octets = [UInt8](repeating: 0, count: 64)
    let bits = [
      (0, 5), (2, 7), (5, 6), (5, 7), (14, 3), (14, 5), (15, 1), (25, 0), (25, 1), (25, 2), (25, 4), (25, 6),
      (26, 2), (26, 3), (26, 4), (26, 5), (26, 6), (26, 7), (27, 0), (27, 1), (27, 2), (27, 5), (28, 3),
    ]
    for (octet, bit) in bits { octets[octet] |= 1 << bit }
    return octets
  }()

  private func complete(_ code: UInt16, _ answer: [UInt8]? = []) {
    let parameters = answer.map { [HCIEvents.Status.success] + $0 } ?? [HCIEvents.Status.unknownCommand]
    send(HCIEvents.commandComplete(code, parameters))
  }

  private func enableScan(_ parameters: [UInt8]) {
    guard parameters.count == 2 else { return complete(Command.scanEnable, nil) }
    scan.isOn = parameters[0] == 1
    scan.filtersDuplicates = parameters[1] == 1
    for peripheral in peripherals {
      peripheral.isKnownToScan = false
      peripheral.reportedUntil = max(peripheral.reportedUntil, now)
    }
    complete(Command.scanEnable)
  }

  /// Commands that are confirmed first and done later.
  private func slowCommand(_ code: UInt16, _ parameters: [UInt8]) {
    if code == Command.connect { return connect(parameters) }
    // Nobody is there to carry it out, and the end of the link is under way.
    if parameters.count >= 2, isUnheard(UInt16(parameters, at: 0)) {
      return send(HCIEvents.commandStatus(code, HCIEvents.Status.success))
    }
    guard parameters.count >= 2, let peripheral = linked(UInt16(parameters, at: 0)) else {
      return send(HCIEvents.commandStatus(code, HCIEvents.Status.unknownConnection))
    }
    let handle = peripheral.handle
    send(HCIEvents.commandStatus(code, HCIEvents.Status.success))
    switch code {
    case Command.disconnect:
      schedule(after: Self.disconnectDelay) { [unowned self] in
        guard peripheral.link != nil else { return }
        drop(peripheral)
        send(HCIEvents.disconnected(handle, HCIEvents.Status.endedByHost))
      }
    case Command.readRemoteVersion:
      let version: [UInt8] = [0] + handle.littleEndian2 + [9] + UInt16(0xFFFF).littleEndian2 + [0, 0]
      send(.event(code: 0x0C, parameters: version))
    case Command.updateConnection:
      guard parameters.count >= 10 else { return }
      send(
        HCIEvents.connectionUpdated(
          handle, interval: UInt16(parameters, at: 4), timeout: UInt16(parameters, at: 8)))
    default: send(HCIEvents.remoteFeatures(handle), after: faults.featuresDelay)
    }
  }

  private func connect(_ parameters: [UInt8]) {
    guard parameters.count == 25, attempt == nil else {
      return send(HCIEvents.commandStatus(Command.connect, HCIEvents.Status.disallowed))
    }
    let usesList = parameters[4] == 1
    attempt = Attempt(address: usesList ? nil : Array(parameters[6..<12]))
    for peripheral in peripherals { peripheral.reportedUntil = max(peripheral.reportedUntil, now) }
    send(HCIEvents.commandStatus(Command.connect, HCIEvents.Status.success))
  }

  private func cancelConnect() {
    guard let attempt else {
      return send(HCIEvents.commandComplete(Command.cancelConnect, [HCIEvents.Status.disallowed]))
    }
    self.attempt = nil
    complete(Command.cancelConnect)
    let address = attempt.address ?? [UInt8](repeating: 0, count: 6)
    send(
      HCIEvents.connected(0, status: HCIEvents.Status.unknownConnection, addressType: 0, address: address))
  }
}
