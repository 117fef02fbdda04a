import Ports
import Quantities

/// One frame as ordered JSON, with the key names of the capture collection.
public enum FrameValues {
  /// Kind of frame by command and length.
  public enum Kind: String, Hashable, Sendable {
    case request, acknowledge
    case deviceInfo = "device_info"
    case cellInfoV1 = "cell_info_v1"
    case cellInfoV2 = "cell_info_v2"
    case settingsV1 = "settings_v1"
    case settingsV2 = "settings_v2"
    case factoryDefaults = "factory_defaults"
    case unknown
  }

  /// - Parameter version: Decides the layout of cell info only.
  public static func kind(of bytes: [UInt8], version: ProtocolVersion) -> Kind {
    guard let header = FrameHeader(reading: bytes) else { return .unknown }
    if header.direction == .hostToDevice { return .request }
    switch (bytes.count, Command(rawValue: header.command)) {
    case (Acknowledge.frameLength, _): return .acknowledge
    case (DeviceInfo.frameLength, .deviceInfo): return .deviceInfo
    case (FactoryDefaults.frameLength, .factoryDefaults): return .factoryDefaults
    case (SettingsV1.frameLength, .settings): return .settingsV1
    case (SettingsV2.frameLength, .settings): return .settingsV2
    case (CellInfo.frameLength, .cellInfo): return version == .v1 ? .cellInfoV1 : .cellInfoV2
    default: return .unknown
    }
  }

  /// `kind`, `checksum_ok`, `start_offset`, `values`, `header`, `bytes_hex`. A damaged frame has `values` null: no
  /// number of it can be trusted.
  ///
  /// - Parameter revealPassword: When false, the password reads `******` in the values and `**` per byte in the hex.
  public static func json(
    _ frame: ParsedFrame, version: ProtocolVersion, revealPassword: Bool
  ) -> OrderedJSON {
    let kind = kind(of: frame.bytes, version: version)
    return [
      "kind": .string(kind.rawValue),
      "checksum_ok": .bool(frame.checksumOK),
      "start_offset": .int(frame.streamOffset),
      "values": frame.checksumOK
        ? values(of: frame.bytes, kind: kind, revealPassword: revealPassword) : .null,
      "header": header(of: frame.bytes),
      "bytes_hex": .string(hex(of: frame, revealPassword: revealPassword)),
    ]
  }

  static func header(of bytes: [UInt8]) -> OrderedJSON {
    let header = FrameHeader(reading: bytes)!
    let stored = bytes[bytes.count - 2]
    let sum = ChecksumRule.sum.checksum(of: bytes)
    let xor = ChecksumRule.xor.checksum(of: bytes)
    return [
      "length_bytes": .int(bytes.count),
      "sof": .string(HexText.packed(bytes.prefix(2))),
      "device_address": .int(Int(header.deviceAddress)),
      "function": .int(Int(header.function)),
      "command": .int(Int(header.command)),
      "register_or_high": .int(Int(header.register)),
      "declared_length": .int(header.declaredLength),
      "eof": .int(Int(bytes[bytes.count - 1])),
      "checksum": [
        "stored": .int(Int(stored)), "sum8": .int(Int(sum)), "xor8": .int(Int(xor)),
        "sum_matches": .bool(stored == sum), "xor_matches": .bool(stored == xor),
      ],
    ]
  }

  static func hex(of frame: ParsedFrame, revealPassword: Bool) -> String {
    guard !revealPassword, let secret = PasswordMask.secretRange(in: frame) else {
      return HexText.packed(frame.bytes)
    }
    return HexText.packed(frame.bytes[..<secret.lowerBound]) + String(repeating: "**", count: secret.count)
      + HexText.packed(frame.bytes[secret.upperBound...])
  }

  static func values(of bytes: [UInt8], kind: Kind, revealPassword: Bool) -> OrderedJSON {
    switch kind {
    case .request: return request(Request(decoding: bytes)!)
    case .acknowledge: return acknowledge(Acknowledge(decoding: bytes)!)
    case .deviceInfo: return deviceInfo(DeviceInfo(decoding: bytes)!, revealPassword: revealPassword)
    case .cellInfoV1: return cellInfo(CellInfo(decoding: bytes, version: .v1)!)
    case .cellInfoV2: return cellInfo(CellInfo(decoding: bytes, version: .v2)!)
    case .settingsV1: return settings(SettingsV1(decoding: bytes)!)
    case .settingsV2: return settings(SettingsV2(decoding: bytes)!)
    case .factoryDefaults: return factoryDefaults(FactoryDefaults(decoding: bytes)!)
    case .unknown: return ["payload_hex": .string(HexText.packed(bytes.dropFirst(8).dropLast(2)))]
    }
  }

  /// A single precision number with the digits it has, not those of its double.
  static func number(_ value: Double) -> OrderedJSON {
    let single = Float(value)
    return .double(single.isFinite ? Double(single.description)! : value)
  }

  static func request(_ request: Request) -> OrderedJSON {
    // Whole numbers are denormal when read as floating point; only believable ones are shown.
    let float = request.floatValue
    let believable = float.isNormal && (1e-9...1e9).contains(float.magnitude)
    return [
      "function": .int(Int(request.function)),
      "function_name": .string(request.function == 0 ? "write" : request.function == 1 ? "read" : "unknown"),
      "command": .int(Int(request.command)),
      "register": .int(Int(request.register)),
      "length_bytes_6_7_hex": .string(HexText.packed(request.bytes[6..<8])),
      "payload_hex": .string(HexText.packed(request.payload)),
      "value_u32_le": .int(request.integerValue),
      "value_f32_le": believable ? number(Double(float)) : .null,
      "checksum_rule": request.checksumRule.map { .string($0.rawValue) } ?? .null,
    ]
  }

  static func acknowledge(_ acknowledge: Acknowledge) -> OrderedJSON {
    [
      "function": .int(acknowledge.function),
      "command": .int(acknowledge.command),
      "register": .int(acknowledge.register),
      "payload_hex": .string(HexText.packed(acknowledge.payload)),
    ]
  }

  public static func deviceInfo(_ info: DeviceInfo, revealPassword: Bool) -> OrderedJSON {
    let password = info.password
    let hidden = !revealPassword && !password.isEmpty
    return [
      "model": .string(info.model),
      "hardware_version": .string(info.hardwareVersion),
      "software_version": .string(info.softwareVersion),
      "protocol_version": .string(info.protocolVersion),
      "production_date": .string(info.productionDate),
      "power_on_count": .int(info.powerOnCount),
      "total_runtime_s": .int(info.totalRuntimeSeconds),
      "device_id": .string(info.deviceIdentity),
      "password_field": .string(hidden ? PasswordMask.text : password),
      "device_name_field": .string(info.bluetoothName),
    ]
  }
}
