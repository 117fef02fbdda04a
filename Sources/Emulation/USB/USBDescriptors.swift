/// What a device says about itself.
public struct USBDescriptors: Hashable, Sendable {
  public struct Endpoint: Hashable, Sendable {
    public enum Kind: UInt8, Sendable { case bulk = 2, interrupt = 3 }
    /// With bit 7 for data to the host.
    public var address: UInt8
    public var kind: Kind
    /// Bytes.
    public var packetSize: Int
    public init(_ address: UInt8, _ kind: Kind, packetSize: Int) {
      self.address = address
      self.kind = kind
      self.packetSize = packetSize
    }
  }

  public struct Interface: Hashable, Sendable {
    public var number: UInt8
    public var classCode: UInt8
    public var subclass: UInt8
    public var protocolCode: UInt8
    /// Descriptors of the class itself, whole.
    public var extra: [UInt8] = []
    public var endpoints: [Endpoint]
    public init(
      number: UInt8, class classCode: UInt8, subclass: UInt8, protocol protocolCode: UInt8,
      extra: [UInt8] = [],
      endpoints: [Endpoint]
    ) {
      self.number = number
      self.classCode = classCode
      self.subclass = subclass
      self.protocolCode = protocolCode
      self.extra = extra
      self.endpoints = endpoints
    }
  }

  public var vendor: UInt16
  public var product: UInt16
  public var maker: String
  public var name: String
  /// nil: the device has none, as some adapters.
  public var serial: String?
  public var deviceClass: UInt8 = 0
  public var interfaces: [Interface]

  public init(
    vendor: UInt16, product: UInt16, maker: String, name: String, serial: String?, deviceClass: UInt8 = 0,
    interfaces: [Interface]
  ) {
    self.vendor = vendor
    self.product = product
    self.maker = maker
    self.name = name
    self.serial = serial
    self.deviceClass = deviceClass
    self.interfaces = interfaces
  }

  func packetSize(of endpoint: UInt8) -> Int? {
    interfaces.lazy.flatMap(\.endpoints).first { $0.address == endpoint }?.packetSize
  }

  /// The answer to GET_DESCRIPTOR; nil: no such descriptor.
  func descriptor(type: UInt8, index: UInt8) -> [UInt8]? {
    switch type {
    case 1: device
    case 2: configuration
    case 3: string(index)
    default: nil
    }
  }

  private var device: [UInt8] {
    [18, 1, 0x00, 0x02, deviceClass, 0, 0, 64] + Self.pair(vendor) + Self.pair(product)
      + [0x00, 0x01, 1, 2, serial == nil ? 0 : 3, 1]
  }

  private var configuration: [UInt8] {
    var body: [UInt8] = []
    for interface in interfaces {
      body += [
        9, 4, interface.number, 0, UInt8(interface.endpoints.count), interface.classCode, interface.subclass,
        interface.protocolCode, 0,
      ]
      body += interface.extra
      for endpoint in interface.endpoints {
        // Interrupt endpoints of high speed: every 2^(interval - 1) microframes.
        body += [7, 5, endpoint.address, endpoint.kind.rawValue] + Self.pair(UInt16(endpoint.packetSize))
        body.append(endpoint.kind == .interrupt ? 4 : 0)
      }
    }
    // Powers itself, takes 2 mA of the bus.
    return [9, 2] + Self.pair(UInt16(9 + body.count)) + [UInt8(interfaces.count), 1, 0, 0xC0, 1] + body
  }

  private func string(_ index: UInt8) -> [UInt8]? {
    let text: String? =
      switch index {
      case 1: maker
      case 2: name
      case 3: serial
      default: nil
      }
    if index == 0 { return [4, 3, 0x09, 0x04] }
    guard let text else { return nil }
    let units = text.utf16.prefix(126).flatMap { Self.pair($0) }
    return [UInt8(2 + units.count), 3] + units
  }

  private static func pair(_ number: UInt16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
  }
}

/// The 8 bytes that begin a control request.
public struct USBSetup: Hashable, Sendable {
  public let type: UInt8
  public let request: UInt8
  public let value: UInt16
  public let index: UInt16
  public let length: Int

  init(_ bytes: [UInt8]) {
    func pair(_ at: Int) -> UInt16 { UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8 }
    type = bytes[0]
    request = bytes[1]
    value = pair(2)
    index = pair(4)
    length = Int(pair(6))
  }

  /// Class or vendor request, not one that every device knows.
  var isStandard: Bool { type & 0x60 == 0 }
}
