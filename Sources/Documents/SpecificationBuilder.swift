import Model
import Quantities

/// Collects a specification from one or two files, with everything wrong in them.
struct SpecificationBuilder {
  private(set) var findings: [Finding] = []
  private(set) var version = ""
  private var model = ""
  private var ratedCurrent = 0.0
  private var title = ""
  private var requirements: [Requirement] = []
  private var limits: [LimitDefinition] = []
  private var conflicts: [SpecificationConflict] = []
  private var casePlaces: [(requirement: String, place: SourcePlace)] = []
  private var conflictPlaces: [(conflict: String, place: SourcePlace)] = []

  mutating func find(_ place: SourcePlace, _ message: String, _ suggestion: String = "") {
    findings.append(Finding(place: place, message: message, suggestion: suggestion))
  }

  mutating func readBase(_ document: YAMLDocument) {
    guard let values = fields(SpecificationFields.base, of: document) else { return }
    readHead(values)
    let manual = values.table("document")
    version = manual.text("version")
    title = "\(manual.text("title")) \(version), \(manual.text("date"))"
    for table in values.tables("requirements") {
      let requirement = requirement(table)
      if requirements.contains(where: { $0.id == requirement.id }) {
        find(table.place("id"), "requirement '\(requirement.id)' stands twice", "keep one of them")
      }
      requirements.append(requirement)
    }
    for table in values.tables("conflicts") {
      let conflict = SpecificationConflict(
        id: table.text("id"), place: table.text("where"), gap: table.text("gap"),
        decision: table.text("decision"))
      if conflicts.contains(where: { $0.id == conflict.id }) {
        find(table.place("id"), "conflict '\(conflict.id)' stands twice", "keep one of them")
      }
      conflicts.append(conflict)
    }
    for (id, value) in values.map("limits") {
      if let table = value.table, let limit = limit(id, table) { limits.append(limit) }
    }
  }

  mutating func readVariant(_ document: YAMLDocument) {
    guard let values = fields(SpecificationFields.variant, of: document) else { return }
    readHead(values)
    for table in values.tables("requirements") {
      let requirement = requirement(table)
      if let index = requirements.firstIndex(where: { $0.id == requirement.id }) {
        requirements[index] = requirement
      } else {
        let known = requirements.map(\.id)
        find(
          table.place("id"), "the extended specification has no requirement '\(requirement.id)'",
          NearestName.of(requirement.id, in: known).map { "did you mean '\($0)'?" } ?? "")
      }
    }
    for entry in values.mapEntries("limits") {
      guard let table = entry.value.table, let limit = limit(entry.key, table) else { continue }
      if let index = limits.firstIndex(where: { $0.id == limit.id }) {
        limits[index] = limit
      } else {
        find(
          entry.place, "the extended specification has no limit '\(limit.id)'",
          NearestName.of(limit.id, in: limits.map(\.id)).map { "did you mean '\($0)'?" } ?? "")
      }
    }
  }

  /// - Returns: nil when there are findings.
  mutating func finish() -> Specification? {
    let known = requirements.map(\.id)
    for (requirement, place) in casePlaces where !known.contains(requirement) {
      find(
        place, "there is no requirement '\(requirement)'",
        NearestName.of(requirement, in: known).map { "did you mean '\($0)'?" } ?? "")
    }
    let knownConflicts = conflicts.map(\.id)
    for (conflict, place) in conflictPlaces where !knownConflicts.contains(conflict) {
      find(
        place, "there is no conflict '\(conflict)'",
        NearestName.of(conflict, in: knownConflicts).map { "did you mean '\($0)'?" } ?? "")
    }
    guard findings.isEmpty else { return nil }
    return Specification(
      model: model, ratedCurrent: ratedCurrent, document: title, requirements: requirements, limits: limits,
      conflicts: conflicts)
  }

  private mutating func fields(
    _ declarations: [FieldDeclaration], of document: YAMLDocument
  ) -> FieldValues? {
    let (values, found) = FieldReader.read(declarations, in: document.root)
    findings += found
    return found.isEmpty ? values : nil
  }

  private mutating func readHead(_ values: FieldValues) {
    model = values.text("specification")
    ratedCurrent = values.quantity("rated-current")
  }

  private mutating func requirement(_ table: FieldValues) -> Requirement {
    let (reasons, found) = UnverifiedReader.reasons(table)
    findings += found
    casePlaces += table.texts("follows").map { ($0, table.place("follows")) }
    return Requirement(
      id: table.text("id"), title: table.text("title"), value: table.text("value"),
      section: table.text("section"), tolerance: table.text("tolerance"),
      workflows: table.texts("workflows"), procedures: table.texts("procedures"), pass: table.text("pass"),
      defaultLimit: table.text("default-limit"), follows: table.texts("follows"),
      unverified: reasons)
  }

  private mutating func limit(_ id: String, _ table: FieldValues) -> LimitDefinition? {
    let dimension = table.optionalText("dimension").flatMap(Dimension.init(rawValue:))
    guard case .list(let items) = table.value("cases"), !items.isEmpty else {
      find(table.place("cases"), "limit '\(id)' has no case", "add '- requirement: …'")
      return nil
    }
    let shared = SharedKeys(also: also(table), conflicts: conflictMentions(table))
    var cases: [LimitCase] = []
    for item in items {
      guard case .any(let raw) = item else { continue }
      let (values, found) = FieldReader.read(SpecificationFields.limitCase(dimension), in: raw)
      findings += found
      guard found.isEmpty, let limitCase = limitCase(values, dimension, shared) else { continue }
      if cases.contains(where: { limitCase.isHidden(by: $0) }) {
        find(raw.place, "this case of '\(id)' can never hold", "an earlier case covers it; put it first")
      }
      cases.append(limitCase)
    }
    return LimitDefinition(id: id, title: table.text("title"), dimension: dimension, cases: cases)
  }

  private mutating func limitCase(
    _ values: FieldValues, _ dimension: Dimension?, _ shared: SharedKeys
  ) -> LimitCase? {
    guard let rule = rule(values, dimension) else { return nil }
    let requirement = values.text("requirement")
    casePlaces.append((requirement, values.place("requirement")))
    let also = shared.also + also(values)
    let workflows = values.texts("workflows").compactMap(Workflow.init)
    let conflicts = (shared.conflicts + conflictMentions(values)).filter { $0.holds(for: workflows) }.map(
      \.id)
    if also.contains(where: { $0.requirement == requirement }) || Set(also).count < also.count {
      find(values.place("also"), "a requirement is named twice", "name each requirement of a case once")
    }
    if Set(conflicts).count < conflicts.count {
      find(values.place("conflict"), "a conflict is named twice", "name it for the limit or for the case")
    }
    let nominal = dimension == nil ? nil : values.optionalQuantity("nominal")
    if case .window(let low, let high) = rule, let nominal {
      if let low, nominal < low { find(values.place("nominal"), "the nominal is below the lower limit") }
      if let high, nominal > high { find(values.place("nominal"), "the nominal is above the upper limit") }
    }
    return LimitCase(
      requirement: requirement, also: also,
      chemistries: values.texts("chemistry").compactMap(Chemistry.init),
      workflows: workflows, nominal: nominal, rule: rule,
      basis: LimitBasis(rawValue: values.text("basis"))!, source: values.text("source"),
      conflicts: conflicts)
  }

  private mutating func conflictMentions(_ values: FieldValues) -> [ConflictMention] {
    values.texts("conflict").compactMap { text in
      // Written as further requirements are, without a reach.
      guard let mention = AlsoVerified(parsing: text), mention.reach == nil else {
        find(
          values.place("conflict"), "'\(text)' does not say which conflict, and when",
          "write e.g. 'C-01' or 'C-01 in WAR'")
        return nil
      }
      conflictPlaces.append((mention.requirement, values.place("conflict")))
      return ConflictMention(id: mention.requirement, workflows: mention.workflows)
    }
  }

  private mutating func also(_ values: FieldValues) -> [AlsoVerified] {
    values.texts("also").compactMap { text in
      guard let also = AlsoVerified(parsing: text) else {
        find(
          values.place("also"), "'\(text)' does not say which requirement is verified, and when",
          "write e.g. 'SPEC-OVP-22', 'SPEC-OVP-22 in EOL' or 'SPEC-OVP-22 in DV for all-cells'")
        return nil
      }
      casePlaces.append((also.requirement, values.place("also")))
      return also
    }
  }

  private mutating func rule(_ values: FieldValues, _ dimension: Dimension?) -> LimitRule? {
    let isWindow = values.has("low") || values.has("high")
    let isRecorded = values.optionalFlag("record") == true
    let kinds = [isWindow, values.has("within"), values.has("equals"), values.has("matches"), isRecorded]
    guard kinds.count(where: { $0 }) == 1 else {
      find(
        values.place, "a case needs exactly one rule",
        "write low and/or high, or within, or equals, or 'matches: nominal', or 'record: yes'")
      return nil
    }
    if isWindow {
      let (low, high) = (values.optionalQuantity("low"), values.optionalQuantity("high"))
      if let low, let high, low > high {
        find(values.place("low"), "the lower limit is above the upper limit", "swap low and high")
      }
      return .window(low: low, high: high)
    }
    if isRecorded { return .recorded }
    if let text = values.optionalText("equals") { return .equals(text) }
    guard let within = dimension == nil ? nil : values.optionalTable("within") else { return .matchesNominal }
    let (absolute, relative) = (within.optionalQuantity("absolute"), within.optionalQuantity("relative"))
    let combine = within.optionalText("combine")
    guard absolute != nil || relative != nil, (absolute != nil && relative != nil) == (combine != nil) else {
      find(
        within.place, "a tolerance needs absolute, relative, or both with 'combine'",
        "write e.g. {absolute: 3 A, relative: 5 %, combine: larger}")
      return nil
    }
    guard absolute ?? 0 >= 0 else {
      find(within.place("absolute"), "a tolerance is not negative")
      return nil
    }
    return .tolerance(
      absolute: absolute ?? 0, relative: relative ?? 0, larger: combine != "sum",
      open: within.optionalText("open").flatMap(OpenSide.init))
  }
}

extension LimitCase {
  /// True when everything this case is for is already decided by `other`.
  fileprivate func isHidden(by other: LimitCase) -> Bool {
    func covers<T: Equatable>(_ wide: [T], _ narrow: [T]) -> Bool {
      wide.isEmpty || (!narrow.isEmpty && narrow.allSatisfy(wide.contains))
    }
    return covers(other.chemistries, chemistries) && covers(other.workflows, workflows)
  }
}

/// What a limit says for all its cases.
private struct SharedKeys {
  var also: [AlsoVerified]
  var conflicts: [ConflictMention]
}

/// A conflict that a limit rests on, in all its cases or in those for some workflows.
private struct ConflictMention {
  var id: String
  /// Empty: in every case.
  var workflows: [Workflow]

  /// - Parameter cases: The workflows that a case is for; empty means all.
  func holds(for cases: [Workflow]) -> Bool {
    workflows.isEmpty || (!cases.isEmpty && cases.allSatisfy(workflows.contains))
  }
}
