import Ports

/// Switches everything off at once, then walks the steps and reads back, and tries again what is open. Never throws and
/// never stops at a failure.
public final class GuardDuty {
  private let plan: GuardPlan
  private let world: any World
  private let links: [GuardLink]
  /// Lines that are held, by step and link, until the guard ends: letting go would leave their level to the hardware.
  private var banks: [Int: [Int: any LinePort]] = [:]
  /// What is wrong with the answers to each order's looks, by step and order; empty when they prove it.
  private var answers: [Int: [Int: String]] = [:]
  /// What is wrong with the lines of the steps that were driven at once.
  private var moved: [Int: [String]] = [:]

  /// How long a link that others held is tried before the steps are walked.
  static let takeOver = Interval.milliseconds(800)
  static let betweenTries = Interval.milliseconds(5)
  static let betweenLooks = Interval.milliseconds(20)
  /// How long what is not proven is tried again after the walk.
  public static let persistence = Interval.seconds(60)
  static let betweenRounds = Interval.seconds(1)

  public init(plan: GuardPlan, world: any World) {
    self.plan = plan
    self.world = world
    links = plan.links.map { GuardLink($0, world: world) }
  }

  /// Opens every link that bears a second client.
  /// - Returns: In words which links are held and which will be taken.
  /// - Throws: The first link that could not be opened, and why.
  public func arm(deadline: WorldInstant) async throws(PortError) -> String {
    for link in links where link.plan.isShared { try await link.open(deadline: deadline) }
    let held = links.filter(\.isOpen).map(\.plan.name)
    let later = links.filter { !$0.isOpen }.map(\.plan.name)
    func names(_ list: [String]) -> String { list.isEmpty ? "none" : list.joined(separator: ", ") }
    return "connected to \(names(held)); takes over \(names(later)) when the controller is gone"
  }

  /// - Parameters:
  ///   - reason: For the proof.
  ///   - permit: Why the permit line could not be dropped, for the proof; empty when it was.
  ///   - answerBy: When a controller that hands over needs the answer; nil when nobody waits. It has opened the loop
  ///     already, so that nothing is held back for it.
  ///   - walked: Told what is proven after the first walk when something is open: whoever keeps it has a proof even if
  ///     the guard is ended before it gives up.
  public func act(
    reason: String, noticed: WorldInstant, clock: (WorldInstant) -> Int64, realtime: String,
    permit: String = "", answerBy: WorldInstant? = nil, walked: (GuardProof) -> Void = { _ in }
  ) async -> GuardProof {
    await atOnce()
    var problems: [[String]] = []
    for (index, step) in plan.steps.enumerated() {
      let patience = answerBy == nil ? max(step.within, step.hold) : step.within
      let until = world.now + patience
      problems.append(await walk(index, until: answerBy.map { min($0, until) } ?? until))
    }
    let end = answerBy ?? world.now + Self.persistence
    func proof() -> GuardProof {
      var proof = GuardProof(
        run: plan.run, reason: reason, realtime: realtime, noticed: clock(noticed),
        told: links.compactMap(\.toldAt).max().map(clock), finished: clock(world.now), permit: permit,
        steps: plan.steps.indices.map { entry($0, problems[$0]) })
      for link in links {
        proof.sent += link.sent.map { .init(link: link.plan.name, bytes: $0.bytes, at: clock($0.at)) }
      }
      proof.sent.sort { $0.at < $1.at }
      return proof
    }
    func isOpen() -> Bool { problems.contains { !$0.isEmpty } }
    if isOpen() { walked(proof()) }
    while isOpen(), world.now + Self.betweenRounds < end {
      try? await world.sleep(for: Self.betweenRounds)
      await switchOff(until: world.now)
      for index in plan.steps.indices where !problems[index].isEmpty {
        moved[index] = nil
        problems[index] = await walk(index, until: world.now)
      }
    }
    return proof()
  }

  public func close() {
    for link in links { link.close() }
    for bank in banks.values { for port in bank.values { port.close() } }
  }

  // MARK: at once

  private func atOnce() async {
    let duty = Confined(self)
    let begin = world.now
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await duty.value.switchOff(until: begin + Self.takeOver) }
      for (index, step) in plan.steps.enumerated() where step.drivesAtOnce {
        group.addTask {
          let problems = await duty.value.drive(index, until: begin + step.within)
          duty.value.moved[index] = problems
        }
      }
    }
  }

  /// Every link that is not proven off, all at the same time.
  private func switchOff(until end: WorldInstant) async {
    let duty = Confined(self)
    await withTaskGroup(of: Void.self) { group in
      for index in links.indices {
        group.addTask { await duty.value.switchOff(link: index, until: end) }
      }
    }
  }

  /// Tries, once at least, until every look is answered as it should be: an instrument that still counts the dead
  /// controller as its client takes the connection, or even the bytes, and does nothing with them; one that was just
  /// told something loses what comes too soon after it.
  private func switchOff(link index: Int, until end: WorldInstant) async {
    let orders = orders(of: index)
    while orders.contains(where: { !isProven($0.step, $0.position) }) {
      do throws(PortError) {
        try await links[index].open(deadline: max(end, world.now + GuardLink.patience))
        for (_, _, order) in orders {
          for message in order.messages { try await links[index].tell(message) }
        }
        for (step, position, order) in orders {
          let why = try await failure(of: order)
          answers[step, default: [:]][position] = why ?? ""
        }
      } catch {
        links[index].close()
        for (step, position, _) in orders { answers[step, default: [:]][position] = error.description }
      }
      guard world.now < end else { return }
      try? await world.sleep(for: Self.betweenTries)
    }
  }

  private func isProven(_ step: Int, _ position: Int) -> Bool { answers[step]?[position] == "" }

  private func orders(of link: Int) -> [(step: Int, position: Int, order: GuardPlan.Order)] {
    var found: [(Int, Int, GuardPlan.Order)] = []
    for (step, entry) in plan.steps.enumerated() {
      for (position, order) in entry.orders.enumerated() where order.link == link {
        found.append((step, position, order))
      }
    }
    return found
  }

  /// What one of the looks answered that it should not have; nil when all are as they should be.
  private func failure(of order: GuardPlan.Order) async throws(PortError) -> String? {
    for look in order.looks {
      for message in look.prepare { try await links[order.link].send(message) }
      let answer = try await links[order.link].ask(look)
      guard look.expected.isMet(by: answer) else {
        let shown = GuardExpectation.text(Array(answer.prefix(80)))
        return "\(links[order.link].plan.name) answers \(shown)"
      }
    }
    return nil
  }

  // MARK: in order

  /// - Returns: What is not as it should be; nothing when the step is proven as far as the rig can show it.
  private func walk(_ index: Int, until deadline: WorldInstant) async -> [String] {
    let step = plan.steps[index]
    var problems: [String] = []
    if let moved = moved[index] { problems += moved } else { problems += await drive(index, until: deadline) }
    for order in step.waits {
      if let why = await wait(for: order, until: deadline) { problems.append(why) }
    }
    // Last: while something is waited for, OFF may have come through.
    let open = step.orders.enumerated().filter { !isProven(index, $0.offset) }.map { position, order in
      answers[index]?[position] ?? "\(links[order.link].plan.name) was never reached"
    }
    return open + problems
  }

  private func entry(_ index: Int, _ problems: [String]) -> GuardProof.Step {
    let step = plan.steps[index]
    let isEmpty = step.orders.isEmpty && step.drives.isEmpty && step.waits.isEmpty
    let open = problems + (step.lack.isEmpty ? [] : [step.lack])
    return GuardProof.Step(
      name: step.name, confirmed: open.isEmpty,
      words: open.isEmpty ? isEmpty ? "nothing to do" : "read back" : open.joined(separator: "; "))
  }

  /// Meanwhile OFF is told again to whatever has not proven it: what could not be reached at once may bear it now.
  private func wait(for order: GuardPlan.Order, until deadline: WorldInstant) async -> String? {
    var why: String?
    var nextRound = world.now + Self.betweenRounds
    repeat {
      if world.now >= nextRound {
        await switchOff(until: world.now)
        nextRound = world.now + Self.betweenRounds
      }
      do throws(PortError) {
        try await links[order.link].open(deadline: max(deadline, world.now + GuardLink.patience))
        why = try await failure(of: order)
        if why == nil { return nil }
      } catch {
        links[order.link].close()
        why = error.description
      }
      try? await world.sleep(for: Self.betweenLooks)
    } while world.now < deadline
    return why
  }

  /// Takes the step's lines, each at its level from the first moment, and looks at what must follow them.
  private func drive(_ index: Int, until deadline: WorldInstant) async -> [String] {
    let step = plan.steps[index]
    var problems: [String] = []
    for link in links.indices where links[link].plan.medium == .lines {
      let outputs = step.drives.filter { $0.link == link }
      let inputs = step.senses.filter { $0.link == link }
      guard !outputs.isEmpty || !inputs.isEmpty else { continue }
      let configuration = LineConfiguration(
        outputs: outputs.map { .init(line: $0.line, safeLevel: $0.level) }, inputs: inputs.map(\.line))
      do throws(PortError) {
        let port = try await bank(index, link, configuration)
        for output in outputs where try await port.read(line: output.line) != output.level {
          problems.append("line \(output.line) of \(links[link].plan.name) does not follow")
        }
      } catch { problems.append(error.description) }
    }
    for sense in step.senses {
      guard let port = banks[index]?[sense.link] else { continue }
      var follows = false
      repeat {
        do throws(PortError) { follows = try await port.read(line: sense.line) == sense.level } catch {
          break
        }
        if !follows { try? await world.sleep(for: Self.betweenTries) }
      } while !follows && world.now < deadline
      if !follows {
        problems.append("line \(sense.line) of \(links[sense.link].plan.name) does not show that it moved")
      }
    }
    return problems
  }

  /// The lines of one step, held from the first time on. The kernel gives a dead process's lines back when it has
  /// cleaned up behind it.
  private func bank(_ step: Int, _ link: Int, _ configuration: LineConfiguration) async throws(PortError)
    -> any LinePort
  {
    if let held = banks[step]?[link] { return held }
    let end = world.now + Self.takeOver
    while true {
      do throws(PortError) {
        let port = try await world.openLines(
          links[link].plan.address, configuration: configuration, deadline: end)
        banks[step, default: [:]][link] = port
        return port
      } catch {
        guard error.code == .busy, world.now < end else { throw error }
      }
      try? await world.sleep(for: Self.betweenTries)
    }
  }
}
