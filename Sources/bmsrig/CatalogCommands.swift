import ArgumentParser
import Documents
import Engine
import Instruments
import Model
import Quantities
import Reports
import Rigging
import Steps

/// `bmsrig instruments`: drivers that exist.
struct Instruments: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List drivers with their options.")
  @OptionGroup var format: FormatOption

  func run() throws {
    let entries = InstrumentCatalog.entries
    if format.format == .json {
      Output.json(.object([("instruments", .array(entries.map(Self.json)))]))
      return
    }
    for entry in entries {
      Output.line("\(entry.id.padded(20)) \(entry.title)")
      Output.line("    does      \(entry.capabilities.map(\.rawValue).joined(separator: ", "))")
      Output.line("    speaks    \(entry.portKinds.map(\.rawValue).joined(separator: ", "))")
      Output.line("    channels  \(entry.channelNumbers)")
      for option in entry.options { Output.line("    option    \(option.name.padded(16)) \(option.meaning)") }
      for option in entry.twinOptions {
        Output.line("    simulated \(option.name.padded(16)) \(option.meaning)")
      }
    }
  }

  private static func json(_ entry: DriverEntry) -> OrderedJSON {
    func options(_ list: [DriverOption]) -> OrderedJSON {
      .array(list.map { .object([("name", .string($0.name)), ("meaning", .string($0.meaning))]) })
    }
    return .object([
      ("id", .string(entry.id)), ("title", .string(entry.title)),
      ("capabilities", .array(entry.capabilities.map { .string($0.rawValue) })),
      ("ports", .array(entry.portKinds.map { .string($0.rawValue) })),
      ("channels", .string(entry.channelNumbers)),
      ("options", options(entry.options)), ("simulated", options(entry.twinOptions)),
    ])
  }
}

/// `bmsrig steps`: step kinds that exist.
struct StepKinds: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steps", abstract: "List step kinds with their parameters and measurements.")
  @OptionGroup var format: FormatOption

  func run() throws {
    if format.format == .json {
      Output.json(.object([("steps", .array(StepCatalog.kinds.map(Self.json)))]))
      return
    }
    for kind in StepCatalog.kinds {
      Output.line(kind.id)
      Output.line("    \(kind.summary)")
      for parameter in kind.parameters {
        let rest =
          parameter.defaultText.map { " (default \($0))" } ?? (parameter.required ? " (required)" : "")
        Output.line("    parameter   \(parameter.name.padded(20)) \(parameter.doc)\(rest)")
      }
      for measurement in kind.measurements {
        let unit = measurement.dimension?.name ?? "text or yes/no"
        Output.line(
          "    measurement \(measurement.name.padded(20)) \(measurement.doc), "
            + "\(unit)\(measurement.optional ? ", optional" : "")"
        )
      }
      if !kind.roles.isEmpty {
        Output.line("    roles       \(kind.roles.map(\.rawValue).joined(separator: ", "))")
      }
    }
  }

  private static func json(_ kind: any StepKind.Type) -> OrderedJSON {
    .object([
      ("id", .string(kind.id)), ("summary", .string(kind.summary)),
      ("parameters", JSONSchema.object(kind.parameters)),
      (
        "measurements",
        .array(
          kind.measurements.map {
            .object([
              ("name", .string($0.name)), ("dimension", $0.dimension.map { .string($0.rawValue) } ?? .null),
              ("optional", .bool($0.optional)), ("doc", .string($0.doc)),
            ])
          })
      ),
      ("roles", .array(kind.roles.map { .string($0.rawValue) })), ("sample", .string(kind.sample)),
    ])
  }
}

/// `bmsrig schema`: JSON Schema of the files people and programs write.
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema (2020-12) of a file kind, for editors and other programs.")

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case rig, procedure, specification, unit, answers, report, coverage
  }
  @Argument(help: "rig, procedure, specification, unit, answers, report or coverage.")
  var kind: Kind

  func run() throws {
    switch kind {
    case .rig: Output.json(JSONSchema.document(title: "bmsrig rig", RigFields.rig))
    case .procedure:
      Output.json(
        JSONSchema.procedure(
          steps: StepCatalog.kinds.map { (kind: $0.id, doc: $0.summary, declarations: $0.parameters) }))
    case .specification:
      Output.json(JSONSchema.document(title: "bmsrig specification", SpecificationFields.base))
    case .unit: Output.json(UnitFile.schema)
    case .answers: Output.json(JSONSchema.document(title: "bmsrig answers", AnswersDocument.fields))
    case .report: Output.write(JSONReportSchema.text)
    case .coverage: Output.write(CoverageSchema.text)
    }
  }
}
