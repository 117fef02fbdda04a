import LinuxPorts
import Ports

/// A line for every change of an instrument's outputs, with the kernel's clock, which is the same for all processes of
/// the computer: `NANOSECONDS NAME COUNT`.
public enum OutputLog {
  /// Lets the plant's changes be written; each line is handed over at once.
  public static func attach(to plant: LivePlant, in world: LinuxWorld, write: @escaping (String) -> Void) {
    plant.onOutputs = { name, count, at in write("\(world.kernelClock(at: at)) \(name) \(count)\n") }
  }
}
