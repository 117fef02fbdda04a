import DUT
import Emulation
import LinuxPorts
import Ports
import Simulation
import Testing

/// Our client through bluetoothd and the kernel, with the simulated unit behind an emulated controller.
@Suite(.inLab, .serialized, .timeLimit(.minutes(5)))
struct BluetoothTests {
  @Test func `a scan hears the unit again and again, with name, services and level`() throws {
    try EmulatedUnit.use { unit, radio in
      let port = try await radio.open()
      let began = radio.world.now
      var heard: [Advertisement] = []
      for _ in 0..<8 { heard.append(try await port.scan(deadline: radio.soon())) }
      port.close()
      #expect(Set(heard.map(\.address)) == [unit.address])
      #expect(
        heard.allSatisfy {
          $0.services.contains("FFE0") && (-60 ... -40).contains($0.signalLevelDBm)
        })
      #expect(heard.last?.name == "EK-24S300A")
      print("lab: bluetooth: 8 advertisements in \((radio.world.now - began).seconds) s")
    }
  }

  @Test(arguments: [20, 150, 241])
  func `a whole session reads identity, settings and live values`(pieces: Int) throws {
    var parameters = UnitParameters()
    parameters.communication.chunkSize = pieces
    try EmulatedUnit.use(parameters: parameters) { unit, radio in
      let rig = BLEUnit(world: radio.world, radioAddress: try radio.address, name: "EK-24S300A")
      _ = try await rig.discover(deadline: radio.soon())
      let began = radio.world.now
      try await rig.connect(deadline: radio.soon())
      let connected = radio.world.now
      let identity = try await rig.description(deadline: radio.soon())
      #expect(identity.model == "EK-B24S8E300A" && identity.deviceID == "SIM000000001")
      let settings = try await rig.settings(deadline: radio.soon())
      #expect(settings.entries.count > 20)
      let live = try await rig.telemetry(after: radio.world.now, deadline: radio.soon())
      for (index, volts) in EmulatedUnit.cells.enumerated() {
        #expect(abs(live.cellVoltages[index] - volts) < 0.005, "cell \(index + 1)")
      }
      let proof = try await rig.write(
        "cell-overvoltage-protection", value: 3.6, deadline: radio.soon())
      #expect(proof.proven && Float(unit.unit.settings[.cellOvervoltageProtection]) == 3.6)
      #expect(rig.statistics.checksumErrors == 0 && rig.statistics.counterGaps == 0)
      await rig.close()
      print(
        "lab: bluetooth: session open \((connected - began).seconds) s after the advertisement (\(pieces) bytes)"
      )
    }
  }

  @Test func `twenty connections to an instant unit all stand`() throws {
    try EmulatedUnit.use(faults: .instant) { unit, radio in
      let port = try await radio.open()
      var times: [Double] = []
      for _ in 0..<20 {
        let began = radio.world.now
        let link = try await port.connect(unit.address, deadline: radio.soon())
        times.append((radio.world.now - began).seconds)
        let session = BMSSession(port: link, world: radio.world)
        #expect(try await session.deviceInfo(deadline: radio.soon()).model == "EK-B24S8E300A")
        session.close()
        #expect(!link.isConnected)
        // bluetoothd lets go 2 s later; the unit advertises from then on.
        let end = radio.soon()
        while unit.unit.isConnected {
          try #require(radio.world.now < end, "bluetoothd does not let go")
          try await radio.world.sleep(for: .milliseconds(50))
        }
      }
      port.close()
      #expect(radio.controller.counts.connections == 20)
      times.sort()
      print(
        "lab: bluetooth: 20 connections, instant: \(times[0]) to \(times[19]) s, median \(times[10]) s"
      )
    }
  }

  @Test(arguments: [20, 240])
  func `a flood of notifications arrives whole and in order`(size: Int) throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let flood = FloodPeripheral()
      try await EmulatedRadio.use([flood], in: EmptySurroundings(), world: world) { radio in
        let port = try await radio.open()
        let link = try await port.connect(flood.radioAddress, deadline: radio.soon())
        let count = 1000
        let began = world.now
        try await link.write(
          FloodPeripheral.request(count: count, size: size), deadline: radio.soon())
        for number in 0..<count {
          let notification = try await link.notification(deadline: radio.soon())
          try #require(
            notification.bytes.count == size && FloodPeripheral.number(notification.bytes) == number
          )
          if number % FloodPeripheral.leave == FloodPeripheral.leave - 1 {
            try await link.write(FloodPeripheral.goOn, deadline: radio.soon())
          }
        }
        let took = (world.now - began).seconds
        port.close()
        print(
          "lab: bluetooth: \(Int(Double(count) / took)) notifications of \(size) bytes a second")
      }
    }
  }

  @Test func `two adapters serve two units at once`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      var other = UnitParameters()
      other.identity.radioAddress = "02:53:49:4D:00:02"
      other.identity.deviceID = "SIM000000002"
      let (first, second) = (EmulatedUnit(), EmulatedUnit(other))
      let near = "02:42:4D:53:00:02"
      try await EmulatedRadio.use([first.unit], in: first.circuit, world: world) { one in
        try await EmulatedRadio.use([second.unit], in: second.circuit, address: near, world: world) { two in
          try await first.switchOn(world)
          try await second.switchOn(world)
          #expect(one.adapter != two.adapter)
          let left = try await one.open()
          // By the adapter's own address: the order of plugging does not matter.
          let right = try await world.openRadio(
            PortAddress(parsing: "ble://\(near)"), deadline: two.soon())
          #expect(try await left.scan(deadline: one.soon()).address == first.address)
          #expect(try await right.scan(deadline: two.soon()).address == second.address)
          let links = [
            try await left.connect(first.address, deadline: one.soon()),
            try await right.connect(second.address, deadline: two.soon()),
          ]
          var identities: [String] = []
          for link in links {
            let session = BMSSession(port: link, world: world)
            identities.append(try await session.deviceInfo(deadline: one.soon()).deviceIdentity)
          }
          #expect(identities == ["SIM000000001", "SIM000000002"])
          left.close()
          #expect(!links[0].isConnected && links[1].isConnected)
          right.close()
        }
      }
    }
  }
}
