import ArgumentParser
import Foundation
import Model
import Quantities
import Reports
import Rigging
import Store

/// `bmsrig rig acknowledge`.
struct RigAcknowledgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acknowledge",
    abstract: "Say that you have found out why a rig tripped, so that it may start again.",
    discussion:
      "After a live limit or an interlock tripped, or a safe state was not confirmed, no run begins on the rig before "
      + "a person has acknowledged it. Who did, when and why is kept and stands in the record of the next run.\n\n"
      + ExitCode.help)

  @Argument(help: "Name of the rig, or its file.")
  var rig: String
  @Option(help: "Who takes the responsibility.")
  var person: String
  @Option(help: "What was found and done.")
  var note = ""
  @OptionGroup var store: StoreOption
  @OptionGroup var format: FormatOption

  func validate() throws {
    for (name, text) in [("--person", person), ("--note", note)] where VisibleText.of(text) != text {
      throw ValidationError("\(name) holds a character that cannot be seen")
    }
    if person.allSatisfy(\.isWhitespace) { throw ValidationError("--person needs a name") }
  }

  func run() throws {
    let name = rig.hasSuffix(".yaml") ? try RigCommand.load(rig, format.format).rig.name : rig
    let opened = try store.open(format.format)
    do throws(StoreError) {
      guard let open = try StartCheck.open(opened, rig: name) else {
        return say("nothing to acknowledge: the last run on rig '\(name)' tripped nothing that is open", nil)
      }
      let entry = Acknowledgement(rig: name, run: open.run, person: person, note: note, at: Self.now)
      try opened.acknowledge(entry)
      say("run \(open.run) on rig '\(name)' acknowledged by \(person): \(open.why)", entry)
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  private func say(_ text: String, _ entry: Acknowledgement?) {
    switch format.format {
    case .text: Output.line(text)
    case .json:
      Output.json(
        .object([
          ("acknowledged", entry.map { .string($0.run) } ?? .null), ("message", .string(text)),
        ]))
    }
  }

  private static var now: String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime]
    return formatter.string(from: Date())
  }
}
