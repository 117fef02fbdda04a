import ArgumentParser
import Captures
import Foundation
import LinuxPorts
import Model
import Ports
import Quantities

/// `bmsrig can`: CAN buses and their recordings.
struct Can: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "can", abstract: "Listen to a CAN bus; decode recordings of one.",
    subcommands: [Dump.self, DecodeLog.self])

  /// Prints what is heard. Sends nothing.
  struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the frames on a CAN bus as they come, decoded where a DBC file says how.",
      discussion:
        "Lines are those of candump -L: time since the start, interface, frame. Only listens; a controller "
        + "that acknowledges is refused unless the address says can://can0?acknowledge=yes.")

    @Argument(help: "Address, e.g. can://can0 or can://can0?ids=351,356&bitrate=500000.")
    var address: String
    @OptionGroup var dbc: DBCOption
    @Option(help: "End after this many frames.")
    var count: Int?
    @Option(help: "End after this many seconds.")
    var seconds: Double?
    @Flag(help: "Print one JSON object per frame.")
    var json = false

    func validate() throws {
      if let count, count < 1 { throw ValidationError("--count takes a number from 1") }
      if let seconds, !(seconds > 0 && seconds.isFinite) {
        throw ValidationError("--seconds takes a number above 0")
      }
    }

    func run() throws {
      let format: Format = json ? .json : .text
      let decoder = try dbc.decoder(format)
      do {
        let place = try PortAddress(parsing: address)
        guard place.scheme == .can else {
          throw PortError(
            .badAddress, attempted: "listen to a CAN bus", port: address, cause: "this is no CAN address",
            advice: "write e.g. can://can0")
        }
        let plan = self
        try LinuxWorld.run { world in try await plan.listen(world, place, decoder) }
      } catch let error as PortError {
        // Ctrl-C is how people end a dump.
        if error.code == .stopped { return }
        let isInput = error.code == .badAddress
        throw Complaint.end(error.description, "", code: isInput ? .badInput : .rigError, format)
      }
    }

    private func listen(_ world: LinuxWorld, _ place: PortAddress, _ decoder: FrameDecoder) async throws {
      let port = try await world.openCAN(place, deadline: world.now + .seconds(5))
      defer { port.close() }
      let end = seconds.map { world.now + .seconds($0) } ?? .distantFuture
      var heard = 0
      while heard < count ?? .max {
        let news: CANNews
        do {
          news = try await port.news(deadline: end)
        } catch {
          if error.code == .deadline, seconds != nil { return }
          throw error
        }
        switch news {
        case .frame(let frame):
          heard += 1
          show(frame, place.target, decoder)
        case .trouble(let trouble, let at):
          if json {
            Output.line(
              OrderedJSON.object([
                ("time_s", .double(at.seconds)), ("interface", .string(place.target)),
                ("trouble", .string(trouble.description)),
              ]).serialized())
          } else {
            Output.error("\(place.target): \(trouble)")
          }
        }
      }
    }

    private func show(_ frame: CANFrame, _ interface: String, _ decoder: FrameDecoder) {
      if json {
        Output.line(decoder.json(frame, time: frame.at.seconds, interface: interface).serialized())
      } else {
        Output.line(CandumpLog.line(time: frame.at.nanoseconds, interface: interface, frame: frame))
        for line in decoder.lines(frame) { Output.line(line) }
      }
    }
  }

  /// Decodes the log of a dump.
  struct DecodeLog: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "decode", abstract: "Decode a log of candump (-l, -L) or of 'can dump' with a DBC file.",
      discussion: "What 'can dump' and 'can decode' themselves add below a frame is read over.")

    @Argument(help: "Log file, or - for standard input.")
    var file: String
    @OptionGroup var dbc: DBCOption
    @Flag(help: "Print one JSON object per frame.")
    var json = false

    func validate() throws {
      if dbc.file == nil { throw ValidationError("--dbc FILE says what the frames mean") }
    }

    func run() throws {
      let format: Format = json ? .json : .text
      let decoder = try dbc.decoder(format)
      let name = file == "-" ? "standard input" : file
      let data =
        file == "-"
        ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: file)
      guard let data else {
        throw Complaint.end(
          "\(name): the file cannot be read", "check the path and its permissions", code: .badInput, format)
      }
      var findings: [Finding] = []
      let lines = String(decoding: data, as: UTF8.self).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        guard !line.allSatisfy(\.isWhitespace), !line.hasPrefix("    ") else { continue }
        guard let packet = CandumpLog.packet(line), case .can(let interface, let frame) = packet.content
        else {
          findings.append(
            Finding(
              place: SourcePlace(file: name, line: index + 1, column: 1), message: "this is no frame",
              suggestion: "lines look like (1763884800.123456) can0 356#B0140A00FA00"))
          if findings.count == Self.findingsMax { break }
          continue
        }
        if json {
          Output.line(decoder.json(frame, time: Double(packet.time) / 1e9, interface: interface).serialized())
        } else {
          Output.line(String(line))
          for text in decoder.lines(frame) { Output.line(text) }
        }
      }
      guard findings.isEmpty else {
        Output.findings(findings, format: .text)
        throw CommandEnd(.badInput)
      }
    }

    private static let findingsMax = 20
  }
}
