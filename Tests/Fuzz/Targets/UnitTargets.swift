import Captures
import DBC
import Modbus
import Model
import Ports

@testable import DUT

/// What the unit sends: Bluetooth, CAN, Modbus.
extension FuzzTarget {
  static let bleStream = FuzzTarget(
    name: "ble-stream", covers: "notifications in any pieces: frames, settings, live values, acknowledges"
  ) { bytes in
    var pieces = Pieces(bytes)
    var intake = SessionIntake()
    var now = WorldInstant.start
    while !pieces.isEmpty {
      now = now + .milliseconds(Double(pieces.byte()))
      let shown = intake.take(Notification(bytes: pieces.piece(255), at: now), hidingPassword: true)
      precondition(shown.count <= 255)
      intake.expire(at: now)
    }
    for frame in intake.recentFrames {
      for version in ProtocolVersion.allCases {
        if let info = CellInfo(decoding: frame.bytes, version: version) { _ = "\(info)" }
      }
      if let info = DeviceInfo(decoding: frame.bytes) { _ = "\(info)" }
    }
  }

  static let bleHexText = FuzzTarget(name: "ble-hex", covers: "'bmsrig decode ble': hex text and raw frames")
  { bytes in
    _ = HexDecoder.decode(bytes: bytes).serialized()
    _ = try? HexDecoder.decode(text: String(decoding: bytes, as: UTF8.self))
  }

  static let maskedStream = FuzzTarget(
    name: "ble-masked", covers: "recorded notifications with a masked password"
  ) {
    var pieces = Pieces($0)
    var chunks: [[UInt8]] = []
    while !pieces.isEmpty { chunks.append(pieces.piece(255)) }
    var mask = PasswordMask()
    let masked = chunks.map { mask.masked($0) }
    var again = PasswordMask()
    // What is played must look in the journal like what was recorded.
    precondition(MaskedStream.mended(masked).map { again.masked($0) } == masked)
  }

  static let modbus = FuzzTarget(name: "modbus", covers: "requests and replies, serial and TCP") { bytes in
    var pieces = Pieces(bytes)
    var intake = ModbusIntake()
    var now = WorldInstant.start
    let kind = pieces.byte()
    while !pieces.isEmpty {
      now = now + .milliseconds(Double(pieces.byte()) / 2)
      for asked in intake.take(pieces.piece(), at: now) { _ = asked.wrapped(asked.refusal) }
    }
    let requests: [ModbusRequest] = [
      .readHoldingRegisters(address: 0x1200, count: 60), .readCoils(address: 0, count: 17),
      .writeRegister(address: 1, 2), .writeCoils(address: 3, [true, false, true]),
    ]
    let request = requests[Int(kind) % requests.count]
    _ = try? ModbusReply(bytes: bytes, to: request)
    _ = ModbusRequest(bytes: bytes)
    _ = RTUFrame.isWhole(bytes)
    _ = RTUFrame.answerLength(bytes, to: request)
    var buffer = bytes
    while let frame = try? TCPFrame.take(from: &buffer) {
      _ = try? ModbusReply(bytes: frame.body, to: request)
    }
  }

  static let can = FuzzTarget(name: "can", covers: "frames of the unit's CAN port, as text and decoded") {
    bytes in
    var picture = InverterBroadcast()
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      guard let frame = CANFrame(text: line, at: .start) else { continue }
      precondition(CANFrame(text: frame.text, at: .start) == frame || frame.isFD)
      _ = picture.take(frame)
    }
    var pieces = Pieces(bytes)
    while !pieces.isEmpty {
      let identifier = UInt32(pieces.byte()) << 8 | UInt32(pieces.byte())
      _ = picture.take(
        CANFrame(identifier: identifier & 0x7FF, bytes: Array(pieces.piece().prefix(8)), at: .start))
    }
  }

  static let dbc = FuzzTarget(name: "dbc", covers: "DBC files, and frames decoded by them", lengthMax: 8192) {
    bytes in
    let (database, _) = DBCReader.read(bytes)
    for message in database.messages.prefix(16) {
      for length in [0, 1, 8, 64] { _ = message.decode(Array(bytes.suffix(length))) }
      _ = try? message.encode([:])
    }
    guard let message = database.messages.first(where: { !$0.signals.isEmpty }) else { return }
    let sources = message.signals.prefix(3).enumerated().map { index, signal in
      SignalPicture.Source(
        quantity: index == 0 ? .packVoltage : .cellVoltages, message: message, signal: signal.name,
        scale: -0.1)
    }
    var picture = SignalPicture(profile: "file", database: database, sources: sources, period: 1)
    for length in [0, 1, 8] {
      _ = picture.take(
        CANFrame(
          identifier: message.identifier, isExtended: message.isExtended, bytes: Array(bytes.suffix(length)),
          at: .start))
    }
  }

  static let candump = FuzzTarget(name: "candump", covers: "candump log files") { bytes in
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if let packet = CandumpLog.packet(line) { _ = CandumpLog.line(packet) }
    }
  }

  static let runTraffic = FuzzTarget(
    name: "traffic", covers: "recorded traffic of a run, exported as btsnoop, pcapng and candump"
  ) { bytes in
    var pieces = Pieces(bytes)
    var traffic = RunTraffic()
    var sequence = 0
    while !pieces.isEmpty {
      let kind = pieces.byte()
      let at = Int64(kind) << 55 | Int64(pieces.byte())
      let text = String(decoding: pieces.piece(), as: UTF8.self)
      traffic.take(
        RunEvent(
          sequence: sequence, nanoseconds: at,
          body: .traffic(
            Traffic(
              port: ["unit", "unit-bus", "emulator"][Int(kind) % 3], outgoing: kind & 8 != 0, bytes: text,
              isText: kind & 16 != 0))))
      sequence += 1
    }
    traffic.finish()
    for format in CaptureFormat.allCases { _ = format.file(traffic.packets, comment: "fuzz") }
  }
}
