import CLinuxPorts
import Glibc

/// What a GPIO chip says of itself.
struct GPIOChip: CustomStringConvertible {
  /// `gpiochip0`
  let name: String
  /// Chosen by the driver; the same after every start, which the name is not.
  let label: String
  let lines: Int

  var description: String { "\(name) (\(label), \(lines) lines)" }

  static func look(_ path: String) -> Result<GPIOChip, SystemError> {
    var chip = clp_gpio_chip()
    let result = clp_gpio_look(path, &chip)
    guard result == 0 else { return .failure(SystemError(number: -result)) }
    return .success(GPIOChip(name: text(chip.name), label: text(chip.label), lines: Int(chip.lines)))
  }

  /// A device file that looks like a chip's.
  struct Found: CustomStringConvertible {
    let path: String
    let chip: GPIOChip?
    /// Why it could not be asked; 0 when it could.
    let error: Int32
    var description: String { chip?.description ?? "\(path) (\(SystemError.words(error)))" }
  }

  /// Every chip of this computer, by number.
  static func all() -> [Found] {
    guard let folder = opendir("/dev") else { return [] }
    defer { closedir(folder) }
    var numbers: [Int] = []
    let prefix = "gpiochip"
    while let entry = readdir(folder) {
      let name = text(entry.pointee.d_name)
      if name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)) { numbers.append(number) }
    }
    return numbers.sorted().map { number in
      let path = "/dev/\(prefix)\(number)"
      switch look(path) {
      case .success(let chip): return Found(path: path, chip: chip, error: 0)
      case .failure(let error): return Found(path: path, chip: nil, error: error.number)
      }
    }
  }
}

/// The text in a C array of characters.
func text<T>(_ characters: T) -> String {
  withUnsafeBytes(of: characters) { raw in String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self) }
}
