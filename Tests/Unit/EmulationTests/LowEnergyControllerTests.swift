import Ports
import Testing

@testable import Emulation

@Suite struct LowEnergyControllerTests {
  private typealias Command = LowEnergyController.Command

  @Test func `a command it does not have is refused, one it has is completed`() {
    let host = ScriptedHost([])
    host.command(0x0C14)
    host.command(Command.readAddress)
    #expect(
      host.take() == [
        .event(code: 0x0E, parameters: [1, 0x14, 0x0C, 0x01]),
        .event(code: 0x0E, parameters: [1, 0x09, 0x10, 0, 0x01, 0x00, 0x53, 0x4D, 0x42, 0x02]),
      ])
  }

  @Test func `garbage from the host is ignored`() {
    let host = ScriptedHost([])
    for bytes: [UInt8] in [[], [1], [1, 3, 12], [1, 3, 12, 4, 0], [9, 9, 9], [2, 0x40, 0, 9, 0, 1]] {
      host.controller.receive(bytes, at: host.now)
    }
    host.wait(1)
    #expect(host.take().isEmpty)
  }

  @Test func `active scanning reports each advertisement with its name, until it is switched off`() {
    let host = ScriptedHost([EchoPeripheral()])
    host.command(Command.scanParameters, [1, 0x10, 0, 0x10, 0, 0, 0])
    host.command(Command.scanEnable, [1, 0])
    host.wait(0.35)
    let reports = host.events(0x3E, low: 0x02)
    #expect(reports.count == 6)
    #expect(reports.map { ($0.at - .start).seconds } == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    let address: [UInt8] = [0x01, 0x00, 0x4D, 0x49, 0x53, 0x02]
    #expect(
      reports[0].parameters
        == [1, 0, 0] + address + [9, 2, 1, 6, 5, 2, 0xE0, 0xFF, 0xE7, 0xFE] + [0xC4])
    #expect(reports[1].parameters == [1, 4, 0] + address + [12, 11, 9] + Array("EK-24S300A".utf8) + [0xC4])
    _ = host.take()
    host.command(Command.scanEnable, [0, 0])
    host.wait(1)
    #expect(host.events(0x3E).isEmpty)
  }

  @Test func `a filter against duplicates holds only where the controller keeps it`() {
    for keeps in [false, true] {
      var faults = LinkFaults()
      faults.filtersDuplicates = keeps
      let host = ScriptedHost([EchoPeripheral()], faults: faults)
      host.command(Command.scanEnable, [1, 1])
      host.wait(0.55)
      #expect(host.events(0x3E, low: 0x02).count == (keeps ? 1 : 5))
    }
  }

  @Test
  func `a link comes about 30 ms after the advertisement, its features 60 ms after they were asked for`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    let connected = host.events(0x3E, low: 0x01)
    #expect(connected.map { ($0.at - .start).seconds } == [0.130])
    #expect(connected[0].parameters.prefix(4) == [0, 0x40, 0, 0] && unit.isConnected)
    _ = host.take()
    host.command(Command.readRemoteFeatures, [0x40, 0])
    let asked = host.now
    host.wait(0.2)
    #expect(host.events(0x0F).map(\.parameters) == [[0, 1, 0x16, 0x20]])
    #expect(host.events(0x3E, low: 0x04).map { ($0.at - asked).seconds } == [0.060])
  }

  @Test func `an instant link has no delay at all`() {
    let host = ScriptedHost([EchoPeripheral()], faults: .instant)
    host.connect()
    #expect(host.events(0x3E, low: 0x01).map { ($0.at - .start).seconds } == [0.1])
  }

  @Test func `only those on the accept list are connected when the host says so`() {
    let (near, far) = (EchoPeripheral(), EchoPeripheral("02:53:49:4D:00:02"))
    let host = ScriptedHost([near, far])
    host.command(Command.addToAcceptList, [0] + DeviceAddress.bytes(far.radioAddress)!)
    var parameters = [UInt8](repeating: 0, count: 25)
    parameters[4] = 1
    host.command(Command.connect, parameters)
    host.wait(0.5)
    #expect(!near.isConnected && far.isConnected)
    #expect(host.events(0x3E, low: 0x01).first?.parameters[1] == 0x41)
  }

  @Test func `an attempt can be taken back, and the next one works`() {
    var faults = LinkFaults()
    faults.ignoresConnections = true
    let host = ScriptedHost([EchoPeripheral()], faults: faults)
    host.connect()
    #expect(host.events(0x3E, low: 0x01).isEmpty)
    host.command(Command.cancelConnect)
    #expect(host.events(0x3E, low: 0x01).first?.parameters.first == 0x02)
    _ = host.take()
    host.controller.faults.ignoresConnections = false
    host.connect()
    #expect(host.events(0x3E, low: 0x01).first?.parameters.first == 0)
  }

  @Test func `a unit that does not listen is a connection that is not established`() {
    let unit = EchoPeripheral()
    unit.accepts = false
    let host = ScriptedHost([unit])
    host.connect()
    // As real controllers do it: a link is told, and ends when six intervals have passed in silence.
    #expect(host.events(0x3E, low: 0x01).map(\.parameters[0]) == [0])
    #expect(host.events(0x05).map(\.parameters[3]) == [0x3E])
    let lived = host.events(0x05)[0].at - host.events(0x3E, low: 0x01)[0].at
    #expect(abs(lived.seconds - 0.120) < 1e-6)
    unit.accepts = true
    host.controller.faults.breaksAtConnect = 1
    _ = host.take()
    for established in [false, true] {
      host.connect()
      #expect(unit.isConnected == established)
    }
    #expect(host.events(0x3E, low: 0x01).map(\.parameters[0]) == [0, 0])
    #expect(host.events(0x05).map(\.parameters[3]) == [0x3E])
  }

  @Test func `writes reach the unit, and its notifications the host, piece by piece`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    host.ask([0x02, 0xF7, 0x00])
    host.subscribe()
    #expect(host.answers() == [[0x03, 0xF7, 0x00], [0x13]])
    host.ask([0x52, 0x0A, 0x00] + [UInt8](repeating: 7, count: 30))
    host.wait(0.05)
    #expect(unit.writes == [[UInt8](repeating: 7, count: 30)])
    #expect(host.answers().map(\.count) == [34, 34])
    host.controller.faults.pieceMax = 20
    host.ask([0x52, 0x0A, 0x00] + [UInt8](repeating: 8, count: 30))
    host.wait(0.05)
    #expect(host.answers().map(\.count) == [23, 14, 23, 14])
    #expect(host.controller.counts.notifications == 6)
  }

  @Test func `nothing is sent to a host that has not subscribed, not even later`() {
    let host = ScriptedHost([EchoPeripheral()])
    host.connect()
    host.ask([0x52, 0x0A, 0x00, 5])
    host.wait(0.1)
    host.subscribe()
    host.wait(0.1)
    #expect(host.answers() == [[0x13]])
  }

  @Test func `notifications get lost as told`() {
    let host = ScriptedHost([EchoPeripheral()])
    host.connect()
    host.subscribe()
    host.controller.faults.notificationsToDrop = 1
    host.ask([0x52, 0x0A, 0x00, 5])
    host.wait(0.1)
    #expect(host.answers() == [[0x13], [0x1B, 0x0A, 0x00, 5, 2]])
    host.controller.faults.isSilent = true
    host.ask([0x12, 0x0A, 0x00, 6])
    host.wait(0.1)
    #expect(host.answers() == [[0x13]] && host.controller.counts.notificationsDropped == 3)
  }

  @Test func `the link breaks in the middle of a write, and the write is lost`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    host.subscribe()
    host.controller.faults.breaksAtWrite = 2
    host.ask([0x52, 0x0A, 0x00, 1])
    host.ask([0x52, 0x0A, 0x00, 2])
    _ = host.take()
    host.wait(0.1)
    #expect(unit.writes == [[1]] && !unit.isConnected)
    #expect(host.events(0x05).map(\.parameters) == [[0, 0x40, 0, 0x08]])
    host.connect()
    #expect(unit.isConnected)
  }

  @Test func `a unit that loses its supply takes the link with it`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    unit.die()
    host.wait(0.01)
    host.wait(0.1)
    #expect(host.events(0x05).count == 1)
  }

  @Test func `the host ends the link`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    host.command(Command.disconnect, [0x40, 0, 0x13])
    host.wait(0.05)
    #expect(host.events(0x05).map(\.parameters) == [[0, 0x40, 0, 0x16]] && !unit.isConnected)
    _ = host.take()
    host.command(Command.disconnect, [0x40, 0, 0x13])
    #expect(host.events(0x0F).first?.parameters.first == 0x02)
  }

  @Test func `it asks for pairing, and declines it`() {
    var faults = LinkFaults()
    faults.asksForPairing = true
    faults.insistsOnPairing = true
    let host = ScriptedHost([EchoPeripheral()], faults: faults)
    host.connect()
    let asked = HCIPacket.data(handle: 0x40, isContinued: false, bytes: [2, 0, 6, 0, 0x0B, 0x01])
    #expect(host.take().contains(asked))
    host.send(.data(handle: 0x40, isContinued: false, bytes: [7, 0, 6, 0, 1, 3, 0, 1, 16, 7, 7]))
    #expect(host.take().last == .data(handle: 0x40, isContinued: false, bytes: [2, 0, 6, 0, 5, 5]))
    host.subscribe()
    #expect(host.answers() == [[0x01, 0x12, 0x0B, 0x00, 0x05]])
    #expect(host.controller.counts.pairingsRefused == 1)
  }

  @Test func `a request in pieces is put together`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    let frame = LinkPackets.frame(4, [0x52, 0x0A, 0x00] + [UInt8](0..<20))
    host.send(.data(handle: 0x40, isContinued: false, bytes: Array(frame[..<10])))
    host.send(.data(handle: 0x40, isContinued: true, bytes: Array(frame[10...])))
    #expect(unit.writes == [[UInt8](0..<20)])
    #expect(host.events(0x13).count == 2)
  }

  @Test func `a reset ends everything`() {
    let unit = EchoPeripheral()
    let host = ScriptedHost([unit])
    host.connect()
    host.command(Command.scanEnable, [1, 0])
    _ = host.take()
    host.command(Command.reset)
    host.wait(1)
    #expect(!unit.isConnected)
    #expect(host.take() == [.event(code: 0x0E, parameters: [1, 0x03, 0x0C, 0])])
  }
}
