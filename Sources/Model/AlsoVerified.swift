/// How much of a unit a step exercises, where requirements ask for all of it.
public enum Reach: String, Hashable, Codable, Sendable, CaseIterable {
  case allCells = "all-cells", allSensors = "all-sensors"
}

/// A further requirement that a measurement verifies, and when it does:
/// `SPEC-OVP-22`, `SPEC-OVP-22 in EOL`, `SPEC-OVP-22 in DV WAR for all-cells`.
public struct AlsoVerified: Hashable, Codable, Sendable {
  public var requirement: String
  /// Empty: in every workflow.
  public var workflows: [Workflow]
  /// nil: whatever part of the unit the step exercises.
  public var reach: Reach?

  public init(requirement: String, workflows: [Workflow] = [], reach: Reach? = nil) {
    self.requirement = requirement
    self.workflows = workflows
    self.reach = reach
  }

  /// - Returns: nil when the text is not of that form.
  public init?(parsing text: String) {
    var words = text.split(separator: " ").map(String.init)[...]
    guard let requirement = words.popFirst() else { return nil }
    self.init(requirement: requirement)
    if words.first == "in" {
      words.removeFirst()
      while let word = words.first, word != "for" {
        guard let workflow = Workflow(rawValue: word) else { return nil }
        workflows.append(workflow)
        words.removeFirst()
      }
      if workflows.isEmpty { return nil }
    }
    if words.first == "for" {
      words.removeFirst()
      guard let word = words.popFirst(), let reach = Reach(rawValue: word) else { return nil }
      self.reach = reach
    }
    if !words.isEmpty { return nil }
  }

  public func holds(in workflow: Workflow, reach given: [Reach]) -> Bool {
    (workflows.isEmpty || workflows.contains(workflow)) && reach.map(given.contains) ?? true
  }
}
