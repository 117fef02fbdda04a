import Ports

/// Opening the simulated ports. Opening takes no virtual time and energises nothing.
extension SimulatedWorld {
  public func openStream(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any StreamPort
  {
    let attempted = "open a byte stream"
    if address.scheme == .terminal { return try personsTerminal(address) }
    let port = try port(at: address, attempted: attempted)
    guard case .stream(let twin) = port.kind else { throw port.mismatch(attempted, address) }
    return SimulatedStream(
      session: TwinSession(world: self, address: address, link: port.link, twin: twin, keepsBorders: false))
  }

  private func personsTerminal(_ address: PortAddress) throws(PortError) -> any StreamPort {
    guard let terminal else {
      throw PortError(
        .notFound, attempted: "open the terminal", port: address.description,
        cause: "the program was not started in one",
        advice: "Start it in a terminal, or give it an answers file")
    }
    return terminal
  }

  public func openMessages(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any MessagePort
  {
    let attempted = "open a message port"
    let port = try port(at: address, attempted: attempted)
    guard case .messages(let twin) = port.kind else { throw port.mismatch(attempted, address) }
    return SimulatedMessages(
      session: TwinSession(world: self, address: address, link: port.link, twin: twin, keepsBorders: true))
  }

  public func openLines(
    _ address: PortAddress, configuration: LineConfiguration, deadline: WorldInstant
  ) async throws(PortError) -> any LinePort {
    let attempted = "open a bank of lines"
    let port = try port(at: address, attempted: attempted)
    guard case .lines(let board) = port.kind else { throw port.mismatch(attempted, address) }
    return try SimulatedLines(
      world: self, address: address, link: port.link, board: board, configuration: configuration)
  }

  public func openRadio(_ address: PortAddress, deadline: WorldInstant) async throws(PortError)
    -> any RadioPort
  {
    let attempted = "open a radio"
    let port = try port(at: address, attempted: attempted)
    guard case .radio(let peripherals) = port.kind else { throw port.mismatch(attempted, address) }
    return SimulatedRadio(world: self, address: address, link: port.link, peripherals: peripherals)
  }

  public func openCAN(_ address: PortAddress, deadline: WorldInstant) async throws(PortError) -> any CANPort {
    let attempted = "listen to a CAN bus"
    let port = try port(at: address, attempted: attempted)
    guard case .bus(let node) = port.kind else { throw port.mismatch(attempted, address) }
    return SimulatedBus(world: self, address: address, link: port.link, node: node)
  }
}
