import Ports

/// A recorded TCP or serial link.
final class PlayedStream: StreamPort {
  let address: PortAddress
  private let world: PlayedWorld
  private let link: PlayedLink
  init(world: PlayedWorld, address: PortAddress, link: PlayedLink) {
    self.world = world
    self.address = address
    self.link = link
  }
  func send(_ bytes: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try await world.send(link, "send", address.description)
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    // What a person has not typed yet is no failed call, and not in the record.
    let isStrict = address.scheme == .terminal
    let entry = try await world.next(
      of: link, deadline: deadline, isStrict: isStrict, "receive", address.description)
    return try bytes(entry, address)
  }
  func close() {}
}

/// A recorded USBTMC or HiSLIP link.
final class PlayedMessages: MessagePort {
  let address: PortAddress
  private let world: PlayedWorld
  private let link: PlayedLink
  init(world: PlayedWorld, address: PortAddress, link: PlayedLink) {
    self.world = world
    self.address = address
    self.link = link
  }
  func send(_ message: [UInt8], deadline: WorldInstant) async throws(PortError) {
    try await world.send(link, "send", address.description)
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> [UInt8] {
    let entry = try await world.next(
      of: link, deadline: deadline, isStrict: false, "receive", address.description)
    return try bytes(entry, address)
  }
  func clear(deadline: WorldInstant) async throws(PortError) {
    try world.checkStop("clear the device", address.description)
  }
  func close() {}
}

private func bytes(_ entry: PlayedEntry, _ address: PortAddress) throws(PortError) -> [UInt8] {
  switch entry.content {
  case .bytes(let bytes): return bytes
  case .word(let word): return Array(word.utf8)
  case .problem(let error): throw error
  }
}

/// A recorded bank of lines: the level of an input is the last one the record has by now.
final class PlayedLines: LinePort {
  let address: PortAddress
  private let world: PlayedWorld
  private let link: PlayedLink
  private var levels: [Int: Bool] = [:]
  private var edges: [LineEdge] = []

  init(world: PlayedWorld, address: PortAddress, link: PlayedLink) {
    self.world = world
    self.address = address
    self.link = link
  }

  func set(line: Int, to level: Bool) async throws(PortError) {
    try await world.send(link, "set line \(line)", address.description)
    levels[line] = level
  }

  func read(line: Int) async throws(PortError) -> Bool {
    try world.checkStop("read line \(line)", address.description)
    try catchUp()
    return levels[line] ?? false
  }

  func takeEdges() async throws(PortError) -> [LineEdge] {
    try world.checkStop("read edges", address.description)
    try catchUp()
    defer { edges = [] }
    return edges
  }

  private func catchUp() throws(PortError) {
    while let entry = link.ready(at: world.now) {
      link.take()
      switch entry.content {
      case .problem(let error): throw error
      case .bytes: break
      case .word(let word):
        if let (line, level) = PlayedWord.level(word) { levels[line] = level }
        if let edge = PlayedWord.edge(word) { edges.append(edge) }
      }
    }
  }

  func close() {}
}

/// A recorded ear on a CAN bus.
final class PlayedBus: CANPort {
  let address: PortAddress
  private let world: PlayedWorld
  private let link: PlayedLink
  init(world: PlayedWorld, address: PortAddress, link: PlayedLink) {
    self.world = world
    self.address = address
    self.link = link
  }
  func receive(deadline: WorldInstant) async throws(PortError) -> CANFrame {
    let entry = try await world.next(
      of: link, deadline: deadline, isStrict: true, "hear a frame", address.description)
    guard case .word(let word) = entry.content, let frame = CANFrame(text: word, at: entry.arrived) else {
      throw PortError(
        .malformed, attempted: "hear a frame", port: address.description,
        cause: "the record has no frame here")
    }
    return frame
  }
  func close() {}
}
