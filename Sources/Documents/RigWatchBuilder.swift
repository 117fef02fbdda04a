import Model
import Quantities

/// Reads `watch:`: live limits that a rig adds to those that exist without being written, changes or switches off.
struct RigWatchBuilder {
  let roles: [RoleName]
  private(set) var rules: [WatchRule]
  private(set) var findings: [Finding] = []

  init(roles: [RoleName], envelope: SafetyEnvelope) {
    self.roles = roles
    rules = WatchRule.defaults(roles: roles, envelope: envelope)
  }

  private mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String = "") {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  mutating func read(_ entries: [FieldValues.Entry]) {
    for entry in entries {
      guard let table = entry.value.table else { continue }
      let index = rules.firstIndex { $0.name == entry.key }
      guard var rule = subject(entry.key, table, index.map { rules[$0] }) else { continue }
      band(&rule, table)
      if let every = table.optionalQuantity("every") { rule.every = TimeSpan(every) }
      if let index, rules[index].isDefault, table.optionalText("fence") != "off" {
        narrow(rule, than: rules[index], table)
      }
      if let word = table.optionalText("trips"), let verdict = WatchRule.Verdict(rawValue: word) {
        rule.verdict = verdict
      }
      rule.isOn = table.optionalText("fence") != "off"
      rule.isDefault = false
      if let index { rules[index] = rule } else { rules.append(rule) }
    }
  }

  /// The limit as it stands without band and times; nil when nothing tells what it looks at.
  private mutating func subject(_ name: String, _ table: FieldValues, _ known: WatchRule?) -> WatchRule? {
    let written = ["role", "quantity"].filter(table.has)
    if written.isEmpty, let known { return known }
    guard written.count == 1 else {
      let near = NearestName.suggestion(for: name, in: rules.filter(\.isDefault).map(\.name))
      find(
        table.place, "live limit '\(name)' needs one of 'role' and 'quantity'",
        written.isEmpty && !near.isEmpty ? near : "say what it looks at, e.g. role: pack-voltage")
      return nil
    }
    let subject: WatchSubject
    if let text = table.optionalText("role") {
      guard let role = RoleName(rawValue: text) else { return nil }
      subject = .role(role)
    } else {
      guard let quantity = WatchQuantity(rawValue: table.optionalText("quantity") ?? "") else { return nil }
      subject = .quantity(quantity)
    }
    if let known, known.isDefault {
      if subject == known.subject { return known }
      find(
        table.place(written[0]),
        "live limit '\(name)' exists without being written and looks at '\(known.subject.words)'; it cannot look at "
          + "'\(subject.words)' instead",
        "give yours another name; 'fence: off' switches this one off, and no unit passes with that")
      return nil
    }
    for role in subject.roles where !roles.contains(role) {
      find(
        table.place(written[0]),
        "live limit '\(name)' looks at role '\(role.rawValue)', which the rig does not offer",
        "add '\(role.rawValue):' under 'roles:'")
    }
    let isContact = subject.dimension == nil
    return WatchRule(
      name: name, subject: subject, every: TimeSpan(isContact ? 0.1 : 1),
      verdict: isContact ? .aborted : .error)
  }

  private mutating func band(_ rule: inout WatchRule, _ table: FieldValues) {
    guard let dimension = rule.subject.dimension else {
      for key in ["low", "high"] where table.has(key) {
        find(table.place(key), "a contact has no band: it must be at rest", "leave '\(key)' out")
      }
      return
    }
    if table.has("low") { rule.low = edge("low", table, dimension) }
    if table.has("high") { rule.high = edge("high", table, dimension) }
    if rule.low == nil, rule.high == nil, table.optionalText("fence") != "off" {
      find(
        table.place, "live limit '\(rule.name)' has no band", "add 'high:' or 'low:' with a \(dimension.name)"
      )
    }
    if let low = rule.low, let high = rule.high, low >= high {
      find(table.place, "live limit '\(rule.name)': 'low' is not below 'high'")
    }
  }

  /// A limit that exists without being written guards the envelope: what is written may lie inside its band only, and
  /// be looked at more often only.
  private mutating func narrow(_ rule: WatchRule, than known: WatchRule, _ table: FieldValues) {
    var wide: [String] = []
    if let low = rule.low, let limit = known.low, !(low >= limit) { wide.append("low") }
    if let high = rule.high, let limit = known.high, !(high <= limit) { wide.append("high") }
    if !(rule.every.base <= known.every.base) {
      find(
        table.place("every"),
        "live limit '\(rule.name)': 'every: \(rule.every)' looks less often than the \(known.every) of the limit "
          + "that exists without being written",
        "make it shorter, or write 'fence: off', with which no unit passes")
    }
    for key in wide {
      find(
        table.place(key),
        "live limit '\(rule.name)': '\(table.text(key))' is wider than the envelope, which makes it \(known.bandWords)",
        "stay inside it, or write 'fence: off', with which no unit passes")
    }
  }

  private mutating func edge(_ key: String, _ table: FieldValues, _ dimension: Dimension) -> Double? {
    guard let text = table.optionalText(key) else { return nil }
    do {
      return try AnyQuantity(parsing: text, as: dimension).base
    } catch {
      find(table.place(key), "'\(key)': \(error.message)", error.suggestion)
      return nil
    }
  }
}
