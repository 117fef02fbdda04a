import DUT
import Model
import Ports
import Simulation
import TestKit

@testable import Rigging

/// The plant of the project's simulated rig with a watch on it, switched by a test instead of a run. In the socket is
/// a board whose path is closed.
final class WatchedPlant {
  let circuit: Circuit
  let host: FaultyHost
  let watch: PlantWatch
  let board = ConductingBoard()

  init() throws {
    let rig = try ServedRig.file.rig
    circuit = Circuit(parameters: SimulatedRig.parameters(rig.wiring))
    host = FaultyHost(SimulatedWorld(circuit: circuit, seed: 1))
    try SimulatedRig.populate(host, with: rig, unit: UnitParameters())
    circuit.insert(board)
    watch = PlantWatch(circuit: circuit, rig: rig)
    // The file's ports are named after their instruments.
    watch.start(host) { $0 }
  }

  var words: [String] { watch.findings.map(\.words) }

  func wait(_ seconds: Double) { circuit.advance(to: circuit.now + .seconds(seconds)) }
  func close(_ relay: Relay) { circuit.setRelay(relay, active: true) }
  func open(_ relay: Relay) { circuit.setRelay(relay, active: false) }

  func feedCells(_ volts: Double, sourceLimit: Double = 10) {
    for cell in 1...24 {
      circuit.driveCell(cell, volts: volts, sourceLimit: sourceLimit, sinkLimit: 10, on: volts > 0)
    }
  }

  func drive(_ amperes: Double) { circuit.driveLoop(current: amperes, compliance: 5, on: amperes != 0) }

  func send(_ command: String, to instrument: String) {
    _ = host.twins[instrument]?.receive(Array("\(command)\n".utf8), at: circuit.now)
  }

  /// Spoils the next exchange of an instrument.
  func spoil(_ fault: ExchangeFault, of instrument: String) {
    host.twins[instrument]?.begin(
      fault, at: circuit.now, until: circuit.now + .seconds(60), amount: 0, exchanges: 1, number: 0)
  }
}
