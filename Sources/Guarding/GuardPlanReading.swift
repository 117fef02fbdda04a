import Ports

/// Reads a plan line by line. Strict: what it does not know it refuses.
struct GuardPlanReading {
  struct Problem: Error { let words: String }
  private enum Part { case none, order, wait }

  private var plan = GuardPlan(
    run: "", silence: .zero, proofPath: "", links: [], steps: [])
  private var hasTitle = false
  private var isEnded = false
  private var part = Part.none

  mutating func take(_ line: Substring) throws(Problem) {
    if isEnded {
      guard line.isEmpty else { throw Problem(words: "something follows the end") }
      return
    }
    guard hasTitle else {
      guard line == GuardPlan.title else { throw Problem(words: "it is no plan of this version") }
      hasTitle = true
      return
    }
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    switch (words.first ?? "", words.count) {
    case ("end", 1): isEnded = true
    case ("run", 2): plan.run = try text(words[1])
    case ("silence", 2): plan.silence = Interval(nanoseconds: try number(words[1]))
    case ("proof", 2): plan.proofPath = try text(words[1])
    case ("link", 6): plan.links.append(try link(words))
    case ("permit", 4): plan.permit = try drive(words)
    case ("step", 3):
      plan.steps.append(
        GuardPlan.Step(name: String(words[2]), within: Interval(nanoseconds: try number(words[1]))))
      part = .none
    case ("hold", 2):
      let hold = Interval(nanoseconds: try number(words[1]))
      try change { $0.hold = hold }
    case ("lack", 2):
      let lack = try text(words[1])
      try change { $0.lack = lack }
    case ("at-once", 1): try change { $0.drivesAtOnce = true }
    case ("order", 2): try begin(.order, words[1])
    case ("wait", 2): try begin(.wait, words[1])
    case ("drive", 4):
      let drive = try drive(words)
      try change { $0.drives.append(drive) }
    case ("sense", 4):
      let sense = try drive(words)
      try change { $0.senses.append(sense) }
    case ("send", 2):
      let message = try bytes(words[1])
      try changeOrder { $0.messages.append(message) }
    case ("look", 3):
      let look = GuardPlan.Look(question: try bytes(words[2]), expected: try expectation(words[1]))
      try changeOrder { $0.looks.append(look) }
    case ("prepare", 2):
      let message = try bytes(words[1])
      var hasLook = false
      try changeOrder { order in
        hasLook = !order.looks.isEmpty
        if hasLook { order.looks[order.looks.count - 1].prepare.append(message) }
      }
      guard hasLook else { throw Problem(words: "no look was begun") }
    default: throw Problem(words: "'\(line.prefix(80))' is not understood")
    }
  }

  func finished() throws(Problem) -> GuardPlan {
    guard isEnded else { throw Problem(words: "the end is missing") }
    guard !plan.run.isEmpty else { throw Problem(words: "no run is given") }
    guard plan.silence > .zero else { throw Problem(words: "no silence is given") }
    return plan
  }

  private mutating func begin(_ part: Part, _ word: Substring) throws(Problem) {
    self.part = part
    let order = GuardPlan.Order(link: try linkIndex(word), messages: [], looks: [])
    try change { if part == .order { $0.orders.append(order) } else { $0.waits.append(order) } }
  }

  private mutating func change(_ body: (inout GuardPlan.Step) -> Void) throws(Problem) {
    guard !plan.steps.isEmpty else { throw Problem(words: "no step was begun") }
    body(&plan.steps[plan.steps.count - 1])
  }

  private mutating func changeOrder(_ body: (inout GuardPlan.Order) -> Void) throws(Problem) {
    let part = part
    guard part != .none else { throw Problem(words: "no order was begun") }
    try change { step in
      if part == .order {
        body(&step.orders[step.orders.count - 1])
      } else {
        body(&step.waits[step.waits.count - 1])
      }
    }
  }

  private func link(_ words: [Substring]) throws(Problem) -> GuardPlan.Link {
    guard let medium = GuardPlan.Link.Medium(rawValue: String(words[1])),
      ["shared", "single"].contains(words[2])
    else { throw Problem(words: "'\(words[1]) \(words[2])' is no kind of link") }
    let place = try text(words[5])
    let address: PortAddress
    do throws(PortError) { address = try PortAddress(parsing: place) } catch {
      throw Problem(words: error.description)
    }
    return GuardPlan.Link(
      name: try text(words[4]), address: address, medium: medium, isShared: words[2] == "shared",
      gap: Interval(nanoseconds: try number(words[3])))
  }

  private func drive(_ words: [Substring]) throws(Problem) -> GuardPlan.Drive {
    guard ["0", "1"].contains(words[3]) else { throw Problem(words: "'\(words[3])' is no level") }
    return GuardPlan.Drive(
      link: try linkIndex(words[1]), line: try number(words[2]), level: words[3] == "1")
  }

  private func expectation(_ word: Substring) throws(Problem) -> GuardExpectation {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first ?? "", parts.count) {
    case ("off", 1): return .off
    case ("clear", 3): return .bitsClear(try number(parts[1]), count: try number(parts[2]))
    case ("below", 4):
      guard let limit = Double(parts[1]), limit.isFinite else { break }
      return .below(limit, count: try number(parts[2]), stride: try number(parts[3]))
    case ("bytes", 2): return .exactly(try bytes(parts[1]))
    default: break
    }
    throw Problem(words: "'\(word)' is no expectation")
  }

  private func linkIndex(_ word: Substring) throws(Problem) -> Int {
    let index: Int = try number(word)
    guard plan.links.indices.contains(index) else { throw Problem(words: "there is no link \(index)") }
    return index
  }

  /// Only as the plan writes it: no sign, no zeros before it.
  private func number<T: FixedWidthInteger>(_ word: Substring) throws(Problem) -> T {
    guard let number = T(word), number >= 0, String(number) == word else {
      throw Problem(words: "'\(word)' is no number")
    }
    return number
  }

  private func text(_ word: Substring) throws(Problem) -> String {
    guard let text = String(validating: try bytes(word), as: UTF8.self) else {
      throw Problem(words: "'\(word)' is no text")
    }
    return text
  }

  private func bytes(_ word: Substring) throws(Problem) -> [UInt8] {
    guard let bytes = HexText.bytes(String(word)), !bytes.isEmpty else {
      throw Problem(words: "'\(word)' is not hex")
    }
    return bytes
  }
}
