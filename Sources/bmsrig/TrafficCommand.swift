import ArgumentParser
import Captures
import Model
import Store

extension CaptureFormat: ExpressibleByArgument {}

/// `bmsrig traffic`: the raw traffic of a run for other programs.
struct TrafficCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "traffic", abstract: "The raw traffic of a run for other programs.",
    subcommands: [Export.self])

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the unit's Bluetooth and CAN traffic of a run as a capture file.",
      discussion:
        "btsnoop holds the Bluetooth side, candump the CAN side, pcapng both. The password is masked as in "
        + "the journal.")

    @Argument(help: ArgumentHelp("Run id, or its beginning.", valueName: "run"))
    var id: String
    @Option(help: "btsnoop, candump or pcapng.")
    var format = CaptureFormat.pcapng
    @Option(
      help:
        "File to write; without it candump text goes to standard output, others to a file of the run's name.")
    var output: String?
    @OptionGroup var store: StoreOption

    func run() throws {
      let opened = try store.open(.text)
      var traffic = RunTraffic()
      let run: String
      do throws(StoreError) {
        let summary = try opened.find(id)
        run = summary.id
        try JournalReader(path: opened.journalPath(of: run)).forEach { traffic.take($0) }
      } catch {
        throw Complaint.end(error, .text)
      }
      traffic.finish()
      let count = traffic.packets.count(where: format.holds)
      guard count > 0 else {
        throw Complaint.end(
          "run \(run) has no traffic that \(format.rawValue) holds",
          "its record may have been made without traffic, or on a rig without that link", code: .badInput,
          .text)
      }
      let bytes = format.file(traffic.packets, comment: "Run \(run). \(SynthesisedBluetooth.note)")
      if output == nil, format == .candump { return Output.write(String(decoding: bytes, as: UTF8.self)) }
      let path = output ?? "\(run).\(format.rawValue)"
      if let problem = ReportFile.problem(writing: bytes, to: path) {
        throw Complaint.end(problem, "choose another path with --output", code: .badInput, .text)
      }
      Output.line(path)
      tell(traffic, count)
    }

    /// What is in the file, what is made up, and what was left out: to standard error, so that the path stays alone.
    private func tell(_ traffic: RunTraffic, _ count: Int) {
      Output.error("\(count) packets")
      if format != .candump { Output.error(SynthesisedBluetooth.note) }
      let left = traffic.packets.count - count
      if left > 0 { Output.error("left out: \(left) packets of the other link (pcapng holds both)") }
      let others = traffic.others.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      if !others.isEmpty { Output.error("not a capture's matter: \(others.joined(separator: ", "))") }
    }
  }
}
