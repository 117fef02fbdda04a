import LinuxPorts
import Ports
import Simulation

/// The wiring of a bank of lines at a chip of the kernel's GPIO simulator: another program drives relays and reads
/// sensors and contacts there as it would on a real chip.
///
/// Modelled: levels in both directions, late by up to `period`, because the kernel tells nobody when an output changes.
/// Not modelled: pulses shorter than that.
public final class LineService: ServedLink {
  public let name: String
  public var address: String { "gpio://\(chip.chip)" }
  public let words = "lines of the kernel's GPIO simulator"
  private let wiring: LineWiring
  private let plant: LivePlant
  private let chip: SimulatedChip
  private let world: LinuxWorld
  /// From one look at all lines to the next.
  static let period = Interval.milliseconds(4)

  /// - Parameter chip: As in /dev, e.g. `gpiochip1`.
  /// - Throws: `.notFound`, `.permission`.
  public init(
    name: String, wiring: LineWiring, plant: LivePlant, chip: String, world: LinuxWorld
  ) throws(PortError) {
    self.name = name
    self.wiring = wiring
    self.plant = plant
    self.world = world
    self.chip = try SimulatedChip(chip: chip, outputs: wiring.outputs, inputs: wiring.inputs)
  }

  public func serve() async throws {
    var outputs: [Int: Bool] = [:]
    var inputs: [Int: Bool] = [:]
    while true {
      plant.catchUp()
      for line in wiring.outputs {
        guard let level = chip.level(line) else { throw gone }
        guard outputs.updateValue(level, forKey: line) != level else { continue }
        wiring.drive(line, to: level, in: plant.circuit)
      }
      for line in wiring.inputs {
        guard let level = wiring.level(line, in: plant.circuit),
          inputs.updateValue(level, forKey: line) != level
        else { continue }
        guard chip.pull(line, to: level) else { throw gone }
      }
      try await world.sleep(for: Self.period)
    }
  }

  private var gone: PortError {
    PortError(
      .closed, attempted: "look at the lines", port: address, cause: "the chip is gone",
      advice: "Somebody took it out of the kernel; make it again and serve anew")
  }
}
