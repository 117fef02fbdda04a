import DBC
import Foundation
import Glibc
import LinuxPorts
import Ports

/// How fast frames of a CAN bus become values: taken from the kernel one by one and decoded by a DBC file, by us and by
/// python-can with cantools. The frames wait in the kernel's queue, so that the sender's time does not count.
///
/// On a virtual interface of the kernel where it has one and lets this user make it; otherwise over a pair of local
/// sockets that carry the same `struct can_frame`, with the same system calls at both ends.
enum CANBench {
  /// Frames that fit every receiver's queue and leave the sender room.
  static let batch = 60
  static let batches = 500
  /// A Python program needs no more to be measured.
  static let batchesOfOthers = 100
  static let interface = "bmsrigbench"
  static let file = "Rigs/CAN/pylontech-candidate.dbc"

  static func run() throws {
    let (database, findings) = DBCReader.read(Array(try Data(contentsOf: URL(fileURLWithPath: file))))
    precondition(findings.isEmpty, "\(findings)")
    let frames = Self.frames(of: database)
    let made = makeInterface()
    defer { if made { _ = command(["ip", "link", "delete", interface]) } }
    let way = made ? "vcan interface of the kernel" : "socket pair with can_frame (this kernel has no vcan)"

    var sum = 0.0
    let ours = try Rounds { try round(frames, database, isKernel: made, &sum) }
    let text = Data((frames.map(\.text).joined(separator: "\n") + "\n").utf8)
    let list = FileManager.default.temporaryDirectory.appending(path: "bmsrig-bench-frames-\(getpid())")
    try text.write(to: list)
    defer { try? FileManager.default.removeItem(at: list) }
    let arguments = [made ? interface : "-", file, list.path, "\(batchesOfOthers)", "\(Rounds.count + 1)"]
    let theirs = try OtherProgram.rounds(
      "can_rate.py", arguments, of: "python-can + cantools", sum: (sum, 1e-9 * abs(sum)))
    Comparison(
      title: "can      received and decoded, \(way)", unit: "frames", ours: ours, theirs: theirs
    ).printLine()
  }

  /// Every message of the file in turn, with bytes that differ.
  private static func frames(of database: DBCDatabase) -> [CANFrame] {
    let messages = database.messages.filter { !$0.signals.isEmpty }
    return (0..<batch).map { index in
      let message = messages[index % messages.count]
      return CANFrame(
        identifier: message.identifier, isExtended: message.isExtended,
        bytes: (0..<message.length).map { UInt8(truncatingIfNeeded: index &* 37 &+ $0 &* 11) }, at: .start)
    }
  }

  /// - Parameter sum: Becomes that of all values of a batch.
  private static func round(
    _ frames: [CANFrame], _ database: DBCDatabase, isKernel: Bool, _ sum: inout Double
  ) throws -> RoundCost {
    let (cost, found) = try LinuxWorld.run(takesSignals: false) { world in
      let (ear, sender) = try await open(in: world, isKernel: isKernel)
      var spent = 0.0
      var cpu = 0.0
      var sum = 0.0
      for _ in 0..<batches {
        for frame in frames { try await sender.send(frame, deadline: world.now + .seconds(5)) }
        let begin = (at: Rounds.clockSeconds(), cpu: Rounds.threadSeconds())
        for _ in frames {
          let frame = try await ear.receive(deadline: world.now + .seconds(5))
          let message = database.message(identifier: frame.identifier, isExtended: frame.isExtended)
          for value in message?.decode(frame.bytes).values ?? [] { sum += value.physical }
        }
        spent += Rounds.clockSeconds() - begin.at
        cpu += Rounds.threadSeconds() - begin.cpu
      }
      ear.close()
      sender.close()
      let count = Double(batches * frames.count)
      let cost = RoundCost(perSecond: count / spent, cpuMicroseconds: cpu / count * 1e6)
      return (cost, sum / Double(batches))
    }
    sum = found
    return cost
  }

  private static func open(
    in world: LinuxWorld, isKernel: Bool
  ) async throws -> (ear: any CANPort, sender: any CANSender) {
    guard isKernel else {
      var ends: [Int32] = [-1, -1]
      let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      precondition(socketpair(AF_UNIX, kind, 0, &ends) == 0, "no pair of sockets")
      var on: Int32 = 1
      setsockopt(ends[0], SOL_SOCKET, SO_TIMESTAMPNS, &on, socklen_t(MemoryLayout<Int32>.size))
      return try world.carryCAN(ear: ends[0], sender: ends[1], name: "socketpair")
    }
    let address = try PortAddress(parsing: "can://\(interface)")
    let ear = try await world.openCAN(address, deadline: world.now + .seconds(5))
    return (ear, try world.openCANSender(address))
  }

  /// True when the kernel has made a virtual bus for us.
  private static func makeInterface() -> Bool {
    guard getuid() == 0 else { return false }
    _ = command(["modprobe", "--quiet", "--all", "vcan", "can-raw"])
    return command(["ip", "link", "add", interface, "type", "vcan"])
      && command(["ip", "link", "set", interface, "up"])
  }

  private static func command(_ words: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
