import ArgumentParser
import Foundation
import Glibc
import Model
import Quantities
import Store

/// Text to the person: results to standard output, complaints to standard error.
enum Output {
  static func line(_ text: String) { write(text + "\n") }
  static func write(_ text: String) { write(text, to: STDOUT_FILENO) }
  static func json(_ value: OrderedJSON) { line(value.serialized(pretty: true)) }
  /// Text that is replaced by what comes next.
  static func progress(_ text: String) { write(text, to: STDERR_FILENO) }
  static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // A reader that went away does not stop a run.
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Findings as `file:line:column: message (suggestion)`.
  static func findings(_ findings: [Finding], format: Format) {
    switch format {
    case .text:
      for finding in findings { error(finding.description) }
    case .json: json(.object([("findings", .array(findings.map(\.json)))]))
    }
  }

  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

struct FormatOption: ParsableArguments {
  @Option(help: "How to print: text or json.")
  var format = Format.text
}

struct StoreOption: ParsableArguments {
  @Option(help: "Folder of the run store (default: bmsrig under the user's data folder).")
  var store: String?

  var path: String {
    if let store { return store }
    let environment = ProcessInfo.processInfo.environment
    if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/bmsrig" }
    return (environment["HOME"] ?? ".") + "/.local/share/bmsrig"
  }

  /// Opens the store and closes what a crash has left open in it.
  func open(_ format: Format) throws -> RunStore {
    do throws(StoreError) {
      let opened = try RunStore(path: path)
      Self.tell(try opened.closeUnfinished())
      return opened
    } catch { throw Complaint.end(error, format) }
  }

  /// Keeps what came of making a rig safe outside a run. A store that cannot be written changes nothing about the rig.
  func keep(_ entry: MadeSafe) {
    do throws(StoreError) { try RunStore(path: path).keep(entry) } catch {
      Output.error("what came of it could not be kept: \(error.message)")
    }
  }

  /// Says what became of runs that had broken off: to standard error, whatever the format.
  static func tell(_ closed: [ClosedRun]) {
    for run in closed {
      if let problem = run.problem {
        Output.error("Run \(run.id) broke off and could not be closed: \(problem)")
        continue
      }
      guard run.verdict != nil else {
        Output.error("Run \(run.id) broke off before anything of it was recorded; its empty entry is gone.")
        continue
      }
      guard run.brokeOff else { continue }
      Output.error(
        "Run \(run.id) broke off: its program ended before it did, or could not write any more. It is closed as "
          + "aborted with everything that was reported (\(run.events) events"
          + (run.tornBytes == 0 ? ")." : "; \(run.tornBytes) bytes of an interrupted line were cut off)."))
      words(afterBreakingOff: run).forEach(Output.error)
    }
  }

  /// What is known of the rig then, and what to do.
  private static func words(afterBreakingOff run: ClosedRun) -> [String] {
    if run.isProvenSafe {
      return [
        "Its guard process made rig '\(run.rig)' safe and read every step back; the proof is in the record ('bmsrig "
          + "show \(run.id)')."
      ]
    }
    return [
      run.hasGuardProof
        ? "Its guard process left no proof of every step; what it wrote is in the record ('bmsrig show \(run.id)')."
        : "Nobody proved that the rig was made safe.",
      "Treat rig '\(run.rig)' as live: 'bmsrig rig safe' with its rig file switches everything off and reads it back. "
        + "No run begins on it before 'bmsrig rig acknowledge \(run.rig) --person NAME'.",
    ]
  }
}

enum Complaint {
  /// Prints a store's complaint and ends with *bad input*.
  static func end(_ error: StoreError, _ format: Format) -> CommandEnd {
    end(error.message, error.advice, code: .badInput, format)
  }

  /// Prints what went wrong and what to do about it: text to standard error, JSON to standard output.
  static func end(_ message: String, _ advice: String, code: ExitCode, _ format: Format) -> CommandEnd {
    switch format {
    case .text: Output.error(advice.isEmpty ? message : "\(message); \(advice)")
    case .json:
      Output.json(
        .object([("error", .object([("message", .string(message)), ("advice", .string(advice))]))]))
    }
    return CommandEnd(code)
  }
}

extension Finding {
  var json: OrderedJSON {
    .object([
      ("file", .string(place.file)), ("line", .int(place.line)), ("column", .int(place.column)),
      ("message", .string(message)), ("suggestion", .string(suggestion)),
    ])
  }
}
