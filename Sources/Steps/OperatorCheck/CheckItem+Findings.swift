import Engine
import Model
import Quantities

/// What is wrong with the items of a step, beyond the shape of their fields.
struct CheckItemFindings {
  let context: CheckContext
  private(set) var findings: [Finding] = []

  init(_ context: CheckContext) {
    self.context = context
    let tables = context.values.tables("items")
    if tables.isEmpty {
      find(context.values.place("items"), "there is no item", "add '- {id: …, ask: …}'")
    }
    var seen: [String] = []
    for table in tables {
      let item = CheckItem(table)
      if seen.contains(item.id) {
        find(table.place("id"), "item '\(item.id)' stands twice", "give one of them another id")
      }
      seen.append(item.id)
      shape(item, table)
      uncertainty(item, table)
      limit(item, table)
    }
  }

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String) {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  private mutating func shape(_ item: CheckItem, _ table: FieldValues) {
    if !item.id.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }) {
      find(table.place("id"), "'\(item.id)' is no name of a question", "write e.g. kit-screws")
    }
    if (item.kind == .quantity) != (item.dimension != nil) {
      find(
        table.place, "'\(item.id)': a quantity needs a dimension, and only a quantity has one",
        "write 'kind: quantity, dimension: length'")
    }
    if item.kind == .choice, item.choices.isEmpty {
      find(table.place, "'\(item.id)' offers no choices", "add 'choices: [a, b]'")
    }
    if !item.choices.isEmpty, item.kind != .choice, item.kind != .date {
      find(
        table.place("choices"), "'\(item.id)' is no choice", "write 'kind: choice' or leave 'choices:' out")
    }
    if item.hasSpread, item.kind != .quantity || item.times < 2 {
      find(
        table.place("spread"), "only several quantities have a spread", "write 'times: 4', or leave it out")
    }
    for word in item.accepted where item.kind == .choice && !item.choices.contains(word) {
      find(
        table.place("accept"), "'\(word)' is accepted but cannot be chosen",
        NearestName.suggestion(for: word, in: item.choices))
    }
  }

  private var judged: [String: String] {
    context.step.measure.reduce(into: [:]) { list, entry in
      if case .limit(let id, _) = entry.use { list[entry.name] = id }
    }
  }

  /// A number without an uncertainty could never pass.
  private mutating func uncertainty(_ item: CheckItem, _ table: FieldValues) {
    guard item.kind == .quantity, let dimension = item.dimension else { return }
    if let text = item.uncertaintyText {
      if item.instrument != nil {
        find(
          table.place("uncertainty"), "'\(item.id)' has the uncertainty of its instrument already",
          "leave 'uncertainty:' or 'with:' out")
      }
      do throws(QuantityError) {
        let value = try AnyQuantity(parsing: text, as: dimension)
        if value.base <= 0 {
          find(
            table.place("uncertainty"), "an uncertainty is more than zero", "write e.g. \(dimension.example)")
        }
      } catch {
        find(table.place("uncertainty"), "'\(item.id)': \(error.message)", error.suggestion)
      }
    } else if item.instrument == nil, judged[item.id] != nil {
      find(
        table.place, "'\(item.id)' is judged and its uncertainty is not known",
        "name the instrument, e.g. 'with: caliper', or write 'uncertainty: …'")
    }
  }

  /// A limit that no answer of this kind can meet would fail every unit.
  private mutating func limit(_ item: CheckItem, _ table: FieldValues) {
    guard let id = judged[item.id], let limitCase = context.limits.limitCase(id) else { return }
    switch (limitCase.rule, item.kind) {
    case (.matchesNominal, .choice), (.matchesNominal, .text), (.matchesNominal, .date):
      if item.comparison == nil, item.accepted.isEmpty {
        find(
          table.place, "limit '\(id)' needs to know what '\(item.id)' must equal",
          "add 'compare: ordered-model' or 'accept: [text, text]'")
      }
    case (.equals(let text), .yesNo) where text != "true" && text != "false":
      find(table.place, "'\(item.id)' is yes or no, limit '\(id)' wants '\(text)'", "name another limit")
    case (.equals(let text), .choice) where !item.choices.contains(text):
      find(table.place, "limit '\(id)' wants '\(text)', which cannot be chosen", "add it to 'choices:'")
    case (.matchesNominal, .yesNo), (.matchesNominal, .quantity), (.matchesNominal, .count),
      (.matchesNominal, .photos):
      find(table.place, "limit '\(id)' compares texts, '\(item.id)' is none", "name another limit")
    case (.window, _), (.tolerance, _), (.equals, _), (.recorded, _): break
    }
  }
}
