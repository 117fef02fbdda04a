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
    abstract:
      "Say that you have looked at a rig that tripped or was left unproven, so that it may start again.",
    discussion:
      "After a live limit or an interlock tripped, a safe state was not confirmed (by a run, 'bmsrig rig safe' or "
      + "'bmsrig rig prove'), or a run broke off and no guard "
      + "proved the safe state, no run begins on the rig before a person has acknowledged it; make it safe first with "
      + "'bmsrig rig safe'. Who did, when and why is kept and stands in the record of the next run. All of it lives "
      + "in the store: runs kept in another one do not know of it.\n\n"
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
      let last = try LastRunOnRig(rig: name, in: opened)
      let unconfirmed = try opened.unconfirmed(rig: name)
      guard last?.open != nil || unconfirmed != nil else {
        return say("nothing to acknowledge: nothing that this store holds left rig '\(name)' open", nil)
      }
      let entry = Acknowledgement(
        rig: name, run: last?.run.id ?? "", person: person, note: note, at: WallClock.now)
      try opened.acknowledge(entry)
      let proof = try opened.madeSafe(rig: name, since: last?.run.startedAt ?? "")
      var what = "rig '\(name)' acknowledged by \(person)"
      if let last, let open = last.open {
        what = "run \(last.run.id) on rig '\(name)' acknowledged by \(person): \(open)"
      }
      say(what + "\n" + Self.words(last, proof), entry, proof)
    } catch {
      throw Complaint.end(error, format.format)
    }
  }

  /// What is known of the rig's state now.
  private static func words(_ last: LastRunOnRig?, _ proof: MadeSafe?) -> String {
    if let proof {
      return "\(proof.by) at \(proof.at): "
        + (proof.confirmed ? "safe state confirmed" : "SAFE STATE NOT CONFIRMED (\(proof.words))")
    }
    if case .tripped? = last?.trace { return "Its safe state was confirmed." }
    return "NOBODY HAS PROVEN SINCE THEN THAT THE RIG IS SAFE: 'bmsrig rig safe' with its rig file does."
  }

  private func say(_ text: String, _ entry: Acknowledgement?, _ proof: MadeSafe? = nil) {
    switch format.format {
    case .text: Output.line(text)
    case .json:
      let made = proof.map {
        OrderedJSON.object([
          ("at", .string($0.at)), ("confirmed", .bool($0.confirmed)), ("words", .string($0.words)),
        ])
      }
      Output.json(
        .object([
          ("acknowledged", entry.map { .string($0.run) } ?? .null), ("message", .string(text)),
          ("made_safe", made ?? .null),
        ]))
    }
  }
}
