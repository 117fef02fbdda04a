import Model
import Ports
import Simulation
import Testing

@testable import Rigging

@Suite struct `The watch on the plant` {
  @Test func `finds nothing where everything is done in its order`() throws {
    let plant = try WatchedPlant()
    plant.watch.stepsBegin()
    plant.feedCells(3.3)
    plant.close(.emulatorContactor)
    plant.close(.loopContactor)
    plant.send("OUTP ON", to: "source")
    plant.drive(100)
    plant.wait(5)
    #expect((plant.circuit.loopCurrent - 100).magnitude < 0.1)
    plant.drive(0)
    plant.send("OUTP OFF", to: "source")
    plant.open(.loopContactor)
    // Less than a load.
    plant.board.balance = 2
    plant.circuit.boardChanged()
    plant.open(.emulatorContactor)
    plant.feedCells(0)
    plant.wait(60)
    #expect(plant.words.isEmpty && plant.watch.live().isEmpty, "\(plant.words) \(plant.watch.live())")
  }

  @Test func `finds the loop contactor opened at 100 A`() throws {
    let plant = try WatchedPlant()
    plant.feedCells(3.3)
    plant.close(.emulatorContactor)
    plant.close(.loopContactor)
    plant.drive(100)
    plant.wait(2.5)
    plant.open(.loopContactor)
    #expect(plant.watch.findings == [.init(seconds: 2.5, words: "the loop contactor opened under 100 A")])
  }

  @Test func `finds the emulator contactor opened while a cell is balanced`() throws {
    let plant = try WatchedPlant()
    plant.feedCells(3.3)
    plant.close(.emulatorContactor)
    plant.board.balance = 8
    plant.circuit.boardChanged()
    plant.open(.emulatorContactor)
    #expect(plant.words == ["the emulator contactor opened under 8 A"])
    plant.watch.hearsNothing("source")
    plant.close(.emulatorContactor)
    plant.open(.emulatorContactor)
    #expect(plant.words.count == 2)
    // What cannot be told to go off is separated under whatever flows, for as long as it hears nothing.
    plant.watch.hearsNothing("emulator", until: plant.circuit.now + .seconds(1))
    plant.close(.emulatorContactor)
    plant.open(.emulatorContactor)
    #expect(plant.words.count == 2)
    plant.close(.emulatorContactor)
    plant.wait(1)
    plant.open(.emulatorContactor)
    #expect(plant.words.count == 3)
    plant.watch.hearsNothing("emulator")
    plant.close(.emulatorContactor)
    plant.open(.emulatorContactor)
    #expect(plant.words.count == 3)
  }

  @Test func `blames nobody for what the safety relay opens`() throws {
    let plant = try WatchedPlant()
    plant.feedCells(3.3)
    plant.close(.emulatorContactor)
    plant.close(.loopContactor)
    plant.drive(100)
    plant.circuit.stick(.loopContactor, active: false)
    #expect(plant.words.isEmpty)
  }

  @Test func `finds what is switched on after the run was broken off`() throws {
    let plant = try WatchedPlant()
    plant.close(.emulatorContactor)
    plant.watch.tripped()
    plant.close(.loopContactor)
    plant.send("OUTP OFF", to: "source")
    plant.send("OUTP ON", to: "source")
    #expect(
      plant.words == [
        "the loop contactor closed after the run had been broken off",
        "source: 'OUTP ON' after the run had been broken off",
      ])
  }

  @Test func `blames nobody for a slow contactor that was told to close before the run was broken off`()
    throws
  {
    let plant = try WatchedPlant()
    plant.circuit.slow(.loopContactor, by: .seconds(2))
    plant.close(.loopContactor)
    plant.wait(1)
    plant.watch.tripped()
    plant.wait(1.5)
    #expect(plant.circuit.isActive(.loopContactor) && plant.words.isEmpty, "\(plant.words)")
    plant.open(.loopContactor)
    plant.close(.loopContactor)
    plant.wait(3)
    #expect(plant.words == ["the loop contactor closed after the run had been broken off"])
  }

  @Test(arguments: [ExchangeFault.lostCommand, .droppedReply])
  func `finds an output switched on again after its exchange went wrong`(_ fault: ExchangeFault) throws {
    let plant = try WatchedPlant()
    plant.spoil(fault, of: "source")
    // The question is what loses a reply.
    plant.send(fault == .lostCommand ? "OUTP ON" : "OUTP ON;OUTP?", to: "source")
    #expect(plant.words.isEmpty)
    plant.send("OUTP ON", to: "source")
    #expect(plant.words == ["source: 'OUTP ON' was sent again after an exchange had failed"])
  }

  @Test func `allows an output to be switched on twice where nothing went wrong, and anew after off`()
    throws
  {
    let plant = try WatchedPlant()
    plant.send("OUTP ON", to: "source")
    plant.send("OUTP ON", to: "source")
    plant.send("OUTP OFF", to: "source")
    plant.spoil(.lostCommand, of: "source")
    plant.send("CURR 0", to: "source")
    plant.send("OUTP ON", to: "source")
    #expect(plant.words.isEmpty, "\(plant.words)")
  }

  @Test(arguments: [Contact.emergencyStop, .cover])
  func `finds what is switched on a second after an interlock opened`(_ contact: Contact) throws {
    let isPressed = contact == .emergencyStop
    let plant = try WatchedPlant()
    plant.watch.stepsBegin()
    plant.wait(1)
    plant.circuit.setContact(contact, active: isPressed)
    plant.wait(0.9)
    plant.send("OUTP ON", to: "source")
    #expect(plant.words.isEmpty)
    // At rest again, which allows nothing.
    plant.circuit.setContact(contact, active: !isPressed)
    plant.wait(0.1)
    plant.close(.emulatorContactor)
    #expect(plant.words.count == 1 && plant.words[0].contains(isPressed ? "pressed" : "opened"))
  }

  @Test(arguments: [Contact.emergencyStop, .cover])
  func `allows what follows an interlock that was at rest again before the first step`(
    _ contact: Contact
  ) throws {
    let isPressed = contact == .emergencyStop
    let plant = try WatchedPlant()
    plant.wait(1)
    plant.circuit.setContact(contact, active: isPressed)
    plant.wait(2)
    plant.circuit.setContact(contact, active: !isPressed)
    plant.wait(1)
    plant.watch.stepsBegin()
    plant.close(.emulatorContactor)
    #expect(plant.words.isEmpty, "\(plant.words)")
  }

  @Test func `names everything that still drives the unit, and what must obey for it to go off`() throws {
    let plant = try WatchedPlant()
    #expect(plant.watch.live().isEmpty)
    plant.feedCells(3.3)
    plant.close(.emulatorContactor)
    plant.close(.loopContactor)
    plant.close(.shortTrigger)
    plant.drive(20)
    plant.circuit.driveAuxiliary(volts: 50, currentLimit: 1, on: true)
    plant.circuit.setShortBank(volts: 40)
    let live = plant.watch.live()
    for (words, name) in [
      ("the loop carries", "source"), ("the loop carries", "loop-contactor"),
      ("emulator contactor is closed", "emulator-contactor"),
      ("loop contactor is closed", "lines"), ("short trigger is closed", "short-trigger"),
      ("24 cells are fed", "emulator"), ("auxiliary supply is on", "auxiliary"),
      ("bank is charged", "bank"),
    ] {
      #expect(live.contains { $0.words.contains(words) && $0.hangsOn.contains(name) }, "\(words): \(name)")
    }
    #expect(live.count == 7)
  }
}
