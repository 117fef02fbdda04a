import Ports

/// Switches everything off at once, then walks the steps and reads back. Never throws and never stops at a failure.
public final class GuardDuty {
  private let plan: GuardPlan
  private let world: any World
  private let links: [GuardLink]
  /// Lines that are held, kept until the guard ends: letting go would leave their level to the hardware.
  private var lines: [any LinePort] = []
  /// What became of each order's looks, by step and order.
  private var answers: [Int: [Int: String?]] = [:]

  /// How long a link that others held is tried again.
  static let takeOver = Interval.milliseconds(800)
  static let betweenTries = Interval.milliseconds(5)
  static let betweenLooks = Interval.milliseconds(20)

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

  /// - Parameter reason: For the proof.
  public func act(reason: String, noticed: WorldInstant, clock: (WorldInstant) -> Int64, realtime: String)
    async
    -> GuardProof
  {
    await switchOff()
    var steps: [GuardProof.Step] = []
    for index in plan.steps.indices { steps.append(await walk(index)) }
    var proof = GuardProof(
      run: plan.run, reason: reason, realtime: realtime, noticed: clock(noticed), finished: clock(world.now),
      steps: steps)
    for link in links {
      proof.sent += link.sent.map { .init(link: link.plan.name, bytes: $0.bytes, at: clock($0.at)) }
    }
    proof.sent.sort { $0.at < $1.at }
    return proof
  }

  public func close() {
    for link in links { link.close() }
    for port in lines { port.close() }
  }

  // MARK: at once

  private func switchOff() async {
    let duty = Confined(self)
    await withTaskGroup(of: Void.self) { group in
      for index in links.indices {
        group.addTask { await duty.value.switchOff(link: index) }
      }
    }
  }

  /// Tries until every look is answered as it should be: an instrument that still counts the dead controller as its
  /// client takes the connection, or even the bytes, and does nothing with them; one that was just told something
  /// loses what comes too soon after it.
  private func switchOff(link index: Int) async {
    let orders = orders(of: index)
    guard !orders.isEmpty else { return }
    let end = world.now + Self.takeOver
    repeat {
      var isOff = true
      do throws(PortError) {
        try await links[index].open(deadline: end)
        for (_, _, order) in orders {
          for message in order.messages { try await links[index].send(message) }
        }
        for (step, position, order) in orders {
          let why = try await failure(of: order)
          answers[step, default: [:]][position] = why
          isOff = isOff && why == nil
        }
      } catch {
        isOff = false
        links[index].close()
        for (step, position, _) in orders { answers[step, default: [:]][position] = error.description }
      }
      if isOff { return }
      try? await world.sleep(for: Self.betweenTries)
    } while world.now < end
  }

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

  private func walk(_ index: Int) async -> GuardProof.Step {
    let step = plan.steps[index]
    var problems: [String] = []
    for position in step.orders.indices {
      switch answers[index]?[position] {
      case .some(.none): break
      case .some(.some(let why)): problems.append(why)
      case .none: problems.append("\(links[step.orders[position].link].plan.name) was never reached")
      }
    }
    let deadline = world.now + step.within
    problems += await drive(step, until: deadline)
    for order in step.waits {
      if let why = await wait(for: order, until: deadline) { problems.append(why) }
    }
    let isEmpty = step.orders.isEmpty && step.drives.isEmpty && step.waits.isEmpty
    return GuardProof.Step(
      name: step.name, confirmed: problems.isEmpty,
      words: problems.isEmpty
        ? isEmpty ? "nothing to do" : "read back" : problems.joined(separator: "; "))
  }

  private func wait(for order: GuardPlan.Order, until deadline: WorldInstant) async -> String? {
    var why: String?
    repeat {
      do throws(PortError) {
        try await links[order.link].open(deadline: deadline)
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
  private func drive(_ step: GuardPlan.Step, until deadline: WorldInstant) async -> [String] {
    var problems: [String] = []
    var sensed: [Int: any LinePort] = [:]
    for index in links.indices where links[index].plan.medium == .lines {
      let outputs = step.drives.filter { $0.link == index }
      let inputs = step.senses.filter { $0.link == index }
      guard !outputs.isEmpty || !inputs.isEmpty else { continue }
      let configuration = LineConfiguration(
        outputs: outputs.map { .init(line: $0.line, safeLevel: $0.level) }, inputs: inputs.map(\.line))
      do throws(PortError) {
        let port = try await take(index, configuration)
        lines.append(port)
        sensed[index] = port
        for output in outputs where try await port.read(line: output.line) != output.level {
          problems.append("line \(output.line) of \(links[index].plan.name) does not follow")
        }
      } catch { problems.append(error.description) }
    }
    for sense in step.senses {
      guard let port = sensed[sense.link] else { continue }
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

  /// The kernel gives a dead process's lines back when it has cleaned up behind it.
  private func take(_ index: Int, _ configuration: LineConfiguration) async throws(PortError) -> any LinePort
  {
    let end = world.now + Self.takeOver
    while true {
      do throws(PortError) {
        return try await world.openLines(
          links[index].plan.address, configuration: configuration, deadline: end)
      } catch {
        guard error.code == .busy, world.now < end else { throw error }
      }
      try? await world.sleep(for: Self.betweenTries)
    }
  }
}
