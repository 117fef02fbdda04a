import Ports

/// Asks the person at the terminal before something is changed that protects a battery.
enum DeviceConfirmation {
  private static let thinkingTime = Interval.seconds(600)
  private static let lineLengthMax = 256

  /// - Throws: `DeviceError`: *aborted* when the person says anything but `yes`, *bad input* when nobody can be asked.
  static func ask(_ world: any World, what: [String], assumed: Bool) async throws {
    guard !assumed else { return }
    let port: any StreamPort
    do throws(PortError) {
      let address = try PortAddress(parsing: "terminal://")
      port = try await world.openStream(address, deadline: world.now + .seconds(5))
    } catch {
      guard error.code != .stopped else { throw DeviceError(error) }
      throw DeviceError(
        what.joined(separator: "\n") + "\nnothing was changed: nobody can be asked here",
        advice: "add --yes when this is meant", code: .badInput)
    }
    defer { port.close() }
    let text = what.joined(separator: "\n") + "\nType yes to go on: "
    try await port.send(Array(text.utf8), deadline: world.now + .seconds(5))
    var line: [UInt8] = []
    while !line.contains(UInt8(ascii: "\n")), line.count < lineLengthMax {
      line += try await port.receive(deadline: world.now + thinkingTime)
    }
    let answer = String(decoding: line.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    guard answer == "yes" else { throw DeviceError("nothing was changed: the answer was no", code: .aborted) }
  }
}
