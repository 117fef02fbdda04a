import Capabilities
import Engine
import Model
import Ports
import Quantities

/// What a person sees, counts and measures by hand: PRC-VIS-01, PRC-MECH-01, PRC-ISO-01 and the warranty desk.
public enum OperatorCheck: StepKind {
  public static let id = "operator-check"
  public static let summary =
    "Asks a person a list of questions: yes or no, counts, quantities read from hand instruments, choices, texts, "
    + "dates, photos. Each is a measurement; without an answer it is not measured."
  public static let parameters = [
    FieldDeclaration("items", .list(of: .table(CheckItem.fields)), doc: "the questions, in order"),
    FieldDeclaration(
      "answer-within", .quantity(.time, range: 1...86_400), default: "30 min",
      doc: "wait so long for one answer; then nobody is there"),
  ]
  /// They are the items.
  public static let measurements: [MeasurementDeclaration] = []
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: operator-check
      id: visual
      title: Label, appearance, kit
      items:
        - {id: label-model, ask: Which model is printed on the label?, kind: text, compare: reported-model,
           class: critical}
        - {id: manual-version, ask: Which version is printed on the enclosed manual?, kind: text, accept: [V1.01],
           class: minor}
        - {id: undamaged, ask: "Is the board free of dents, cracks, burn marks and loose parts?"}
        - {id: led-windows-clear, ask: Are the light windows clear?, class: minor}
        - {id: kit-lugs, ask: How many terminal lugs are in the box?, kind: count}
        - {id: length, ask: Length over the housing, kind: quantity, dimension: length, with: caliper, times: 3}
      measure:
        label-model: label-model
        manual-version: manual-version
        undamaged: appearance-undamaged
        led-windows-clear: appearance-windows
        kit-lugs: kit-lugs
        length: information
    """

  public static func measurements(for values: FieldValues) -> [MeasurementDeclaration] {
    var declarations: [MeasurementDeclaration] = []
    for declaration in CheckItem.all(values).flatMap(\.declarations)
    where !declarations.contains(where: { $0.name == declaration.name }) {
      declarations.append(declaration)
    }
    return declarations
  }

  public static func roles(for values: FieldValues) -> [RoleName] {
    CheckItem.all(values).compactMap(\.instrument)
  }

  public static func uncertainties(for values: FieldValues) -> [UncertaintyNeed] {
    CheckItem.all(values).compactMap { item in
      guard let role = item.instrument, let dimension = item.measured else { return nil }
      return UncertaintyNeed(role, dimension.rawValue, dimension)
    }
  }

  public static func questions(for values: FieldValues) -> [OperatorQuestion] {
    CheckItem.all(values).flatMap(\.allQuestions)
  }

  public static func findings(_ context: CheckContext) -> [Finding] { CheckItemFindings(context).findings }

  public static func run(_ context: StepContext) async throws {
    for item in CheckItem.all(context.values) {
      var numbers: [Double] = []
      for position in 1...item.times {
        if let number = try await look(item, position, context) { numbers.append(number) }
      }
      if item.hasSpread { spread(numbers, item, context) }
    }
  }

  /// - Returns: The number that was entered, if one was.
  private static func look(
    _ item: CheckItem, _ position: Int, _ context: StepContext
  ) async throws -> Double? {
    let channel = item.times == 1 ? "" : "\(position)"
    let tools = item.instrument.map { context.bench.instrumentNames($0) } ?? []
    var found: OperatorAnswer?
    var evidence: String?
    for (index, question) in item.questions(position).enumerated() {
      switch try await context.ask(question) {
      case .answer(let answer):
        if index == 0 { found = answer } else { evidence = answer.text }
      case .declined(let why):
        context.measure(item.id, channel: channel, .missing(why), by: tools)
        return nil
      case .nobody(let why):
        context.measure(item.id, channel: channel, .missing(why), by: tools)
        throw StepEnough(why: why)
      }
    }
    guard let found else { return nil }
    if item.needsEvidence, found.person.isEmpty {
      context.measure(item.id, channel: channel, .missing("nobody put a name to the answer"), by: tools)
      return nil
    }
    record(found, evidence, item, channel, tools, context)
    if case .number(let number) = found.value { return number }
    return nil
  }

  private static func spread(_ numbers: [Double], _ item: CheckItem, _ context: StepContext) {
    let tools = item.instrument.map { context.bench.instrumentNames($0) } ?? []
    let mean = numbers.reduce(0, +) / Double(item.times)
    guard numbers.count == item.times, mean != 0, let low = numbers.min(), let high = numbers.max() else {
      context.measure(item.spreadName, .missing("not all \(item.times) values are known"), by: tools)
      return
    }
    // Two readings of one instrument, taken as independent: errors they share cancel and make this an upper bound.
    let one = uncertainty(item, at: mean, context)
    context.measure(
      item.spreadName, .init(reading: (high - low) / mean.magnitude),
      uncertainty: one.map { ($0 * $0 * 2).squareRoot() / mean.magnitude }, by: tools)
  }

  private static func record(
    _ answer: OperatorAnswer, _ evidence: String?, _ item: CheckItem, _ channel: String, _ tools: [String],
    _ context: StepContext
  ) {
    var words = ["\(item.defectClass.rawValue) defect class"]
    if !answer.person.isEmpty { words.append("by \(answer.person)") }
    if let evidence { words.append("evidence: \(evidence)") }
    var uncertainty: Double? = 0
    var nominal: Nominal?
    let observation: Observation
    switch answer.value {
    case .flag(let flag): observation = .flag(flag)
    case .number(let value):
      observation = .init(reading: value)
      if item.kind == .quantity { uncertainty = self.uncertainty(item, at: value, context) }
    case .text(let text):
      observation = .text(text)
      nominal = self.nominal(item, text, context)
    case .references(let names):
      observation = .number(Double(names.count))
      words.append(names.joined(separator: ", "))
    }
    context.measure(
      item.id, channel: channel, observation, uncertainty: uncertainty, nominal: nominal,
      by: tools.isEmpty ? ["operator"] : tools, note: words.joined(separator: "; "))
  }

  private static func uncertainty(_ item: CheckItem, at value: Double, _ context: StepContext) -> Double? {
    guard let dimension = item.dimension else { return nil }
    if let role = item.instrument { return context.bench.uncertainty(role, dimension.rawValue, at: value) }
    return item.uncertaintyText.flatMap { try? AnyQuantity(parsing: $0, as: dimension).base }
  }

  /// What the answer must equal. nil where that is not known, and then the answer cannot pass.
  private static func nominal(_ item: CheckItem, _ text: String, _ context: StepContext) -> Nominal? {
    if !item.accepted.isEmpty {
      return .text(item.accepted.contains(text) ? text : item.accepted.joined(separator: " or "))
    }
    switch item.comparison {
    case .orderedModel: return .text(context.header.model)
    case .serial: return .text(context.header.unit)
    case .reportedModel: return context.reportedIdentity.map { .text($0.model) }
    case nil: return nil
    }
  }
}

extension StepContext {
  /// Asks and waits as long as the step's `answer-within` says.
  func ask(_ question: OperatorQuestion) async throws -> OperatorReply {
    try await ask(question, within: values.quantity("answer-within"))
  }
}
