import Capabilities
import Engine
import Model
import Ports
import Quantities

/// Power-up, activation, self test, first contact: PRC-PUP-01 with the link part of PRC-COM-01.
public enum PowerUp: StepKind {
  public static let id = "power-up"
  public static let summary =
    "Feeds the cells at rest voltage, activates the unit with the wake switch, listens to beeps and lights and "
    + "connects over the unit's link."
  public static let parameters = [
    FieldDeclaration(
      "current-limit", .quantity(.current, range: 0.1...10), default: "1 A",
      doc: "per node while the unit starts"),
    FieldDeclaration(
      "working-limit", .quantity(.current, range: 0.1...20), default: "9 A",
      doc: "per node once it has started"),
    FieldDeclaration(
      "press", .quantity(.time, range: 0.1...3), default: "500 ms", doc: "how long the wake switch is held"),
    FieldDeclaration(
      "discovery-limit", .quantity(.time, range: 1...60), default: "10 s",
      doc: "longest wait for an advertisement"),
    FieldDeclaration(
      "listen", .quantity(.time, range: 1...20), default: "4.5 s",
      doc: "window for beeps and lights after activation"),
  ]
  public static let measurements = [
    MeasurementDeclaration("board-drop", .voltage, "P against B after activation, no load"),
    MeasurementDeclaration("advertises", nil, "the unit was heard within the discovery limit"),
    MeasurementDeclaration("first-advertisement", .time, "activation to first advertisement"),
    MeasurementDeclaration("signal-level", .signalLevel, optional: true, "as the adapter reports it"),
    MeasurementDeclaration("connects", nil, "the unit that was heard connects and delivers data"),
    MeasurementDeclaration("connect-time", .time, "connection set up, identity and settings read"),
    MeasurementDeclaration("beeps", .count, "bursts after activation"),
    MeasurementDeclaration("beep-length", .time, optional: true, "longest burst"),
    MeasurementDeclaration("green-light", nil, "green light comes on"),
    MeasurementDeclaration("blue-advertising", nil, "blue light before connecting"),
  ]
  public static let roles: [RoleName] = [
    .cells, .thermistors, .emulatorContactor, .wakeSwitch, .packVoltage, .portVoltage, .greenLED, .blueLED,
    .buzzer,
  ]
  public static let uncertainties = [
    UncertaintyNeed(.packVoltage, "voltage", .voltage), UncertaintyNeed(.portVoltage, "voltage", .voltage),
  ]
  public static let sample = """
    - step: power-up
      id: power-up
      title: Power-up and activation
      on-fail: stop
      measure:
        board-drop: board-drop
        advertises: bluetooth
        first-advertisement: first-advertisement
        signal-level: signal-level
        connects: bluetooth
        connect-time: connect-time
        beeps: poweron-beeps
        beep-length: beep-length
        green-light: green-led
        blue-advertising: blue-led-advertising
    """

  public static func limitsUsed(_ context: CheckContext) -> [String] { Stimulus.limitsOfRest }

  public static func demands(_ context: CheckContext) -> [Demand] {
    let rest = Stimulus.restVoltage(context.limits) ?? 0
    return [
      Demand(
        role: .cells, quantity: AnyQuantity(rest, .voltage), purpose: "rest voltage",
        place: context.step.place),
      Demand(
        role: .cells, quantity: AnyQuantity(context.values.quantity("working-limit"), .current),
        purpose: "working limit", place: context.values.place("working-limit")),
    ]
  }

  public static func run(_ context: StepContext) async throws {
    let bench = context.bench
    let values = context.values
    try await bench.setThermistors(celsius: 25)
    try await bench.setCellCurrentLimit(Current(values.quantity("current-limit")))
    try await bench.setAllCells(context.restVoltage)
    try await bench.setCellOutputs(true)
    try await bench.setLine(.emulatorContactor, active: true)
    try await bench.waitForMirror(.emulatorContactorMirror, active: true, of: .emulatorContactor)
    let pressed = try await Activation.press(context, hold: values.quantity("press"))
    let heard = try await discover(context, since: pressed)
    if heard { try await context.sleep(until: pressed + .seconds(values.quantity("listen"))) }
    try await lightsAndBeeps(context, since: pressed)
    try await boardDrop(context)
    guard heard else { throw StepEnough(why: "the unit was not heard") }
    try await connect(context)
    context.memory.workingLimit = values.quantity("working-limit")
    try await bench.setCellCurrentLimit(Current(context.memory.workingLimit))
  }

  /// The adapter has just heard the unit, so a connection that delivers nothing speaks about the unit. One that breaks
  /// may be the radio's fault: it is tried once more.
  private static func connect(_ context: StepContext) async throws {
    let started: WorldInstant
    do { started = try await open(context) } catch {
      guard [.noAnswer, .linkLost, .malformed].contains(error.code) else { throw error }
      context.measure("connects", .flag(false), by: ["unit"], note: error.cause)
      context.memory.unitIsSilent = true
      throw StepEnough(why: "the unit does not deliver data: \(error.cause)")
    }
    context.measure("connects", .flag(true), by: ["unit"])
    let seconds = (context.world.now - started).seconds
    guard let high = context.high(of: "connect-time"), seconds > high else {
      context.measure("connect-time", .init(reading: seconds), uncertainty: 0.01, by: ["unit"])
      return
    }
    try await connectAgain(context, high, after: seconds)
  }

  /// The radio may have been deaf for a while: a unit that is slow is so twice.
  private static func connectAgain(_ context: StepContext, _ high: Double, after first: Double) async throws {
    await context.unit.disconnect()
    _ = try await context.unit.discover(
      deadline: context.deadline(context.values.quantity("discovery-limit")))
    let begin = context.world.now
    try await context.unit.connect(deadline: context.deadline(context.values.quantity("discovery-limit")))
    let second = (context.world.now - begin).seconds
    let words = "\(TimeSpan(first)), then \(TimeSpan(second))"
    context.measure(
      "connect-time", second > high ? .init(reading: second) : .missing(words), uncertainty: 0.01,
      by: ["unit"],
      note: second > high ? words : "")
  }

  /// - Returns: When the connection that stood was asked for.
  private static func open(_ context: StepContext) async throws(UnitLinkError) -> WorldInstant {
    let limit = context.values.quantity("discovery-limit")
    let first = context.world.now
    do {
      try await context.unit.connect(deadline: context.deadline(limit))
      return first
    } catch {
      guard [.linkLost, .noAnswer].contains(error.code) else { throw error }
      context.note(
        "the first connection \(error.code == .linkLost ? "broke" : "gave nothing"): \(error.cause)")
    }
    _ = try await context.unit.discover(deadline: context.deadline(limit))
    let second = context.world.now
    try await context.unit.connect(deadline: context.deadline(limit))
    return second
  }

  private static func discover(_ context: StepContext, since pressed: WorldInstant) async throws -> Bool {
    do {
      let heard = try await context.unit.discover(
        deadline: pressed + .seconds(context.values.quantity("discovery-limit")))
      context.measure("advertises", .flag(true), by: ["unit"])
      context.memory.heardAt = heard.at
      context.measure(
        "first-advertisement", .init(reading: (heard.at - pressed).seconds), uncertainty: 0.05, by: ["unit"])
      context.measure(
        "signal-level", .init(reading: Double(heard.signalLevelDBm)), uncertainty: 0, by: ["unit"])
      return true
    } catch {
      guard error.code == .notFound else { throw error }
      context.measure("advertises", .flag(false), by: ["unit"], note: error.cause)
      context.memory.unitIsSilent = true
      return false
    }
  }

  private static func lightsAndBeeps(_ context: StepContext, since pressed: WorldInstant) async throws {
    let bench = context.bench
    let green = try await bench.light(.green, from: pressed)
    context.measure(
      "green-light", .flag(green != .off), by: bench.instrumentNames(.greenLED), note: green.word)
    // The light begins to flash some time after activation: judge the second half of the window.
    let half = context.values.quantity("listen") / 2
    try await context.measureLight("blue-advertising", .blue, from: context.world.now - .seconds(half))
    let sound = try await bench.buzzer(from: pressed, to: context.world.now)
    context.measure(
      "beeps", .number(Double(sound.bursts.count)), uncertainty: 0, by: bench.instrumentNames(.buzzer))
    if let longest = sound.bursts.map(\.length).max() {
      context.measure(
        "beep-length", .init(reading: longest.seconds), uncertainty: 0.001, by: bench.instrumentNames(.buzzer)
      )
    } else {
      context.measure("beep-length", .missing("no burst"), by: bench.instrumentNames(.buzzer))
    }
  }

  private static func boardDrop(_ context: StepContext) async throws {
    let bench = context.bench
    let volts = try await bench.readVolts([.packVoltage, .portVoltage])
    let pack = try bench.number(volts[0][0], role: .packVoltage)
    let port = try bench.number(volts[1][0], role: .portVoltage)
    let u = hypotenuse(context.uncertainty(.packVoltage), context.uncertainty(.portVoltage))
    context.measure(
      "board-drop", .init(reading: pack - port), uncertainty: u, by: bench.instrumentNames(.packVoltage))
  }
}

/// Waking the unit.
enum Activation {
  /// Presses the wake switch and lets go. Returns the instant of pressing, which the run remembers.
  static func press(_ context: StepContext, hold: Double) async throws -> WorldInstant {
    let pressed = context.world.now
    try await context.bench.setLine(.wakeSwitch, active: true)
    try await context.sleep(hold)
    try await context.bench.setLine(.wakeSwitch, active: false)
    context.memory.activations.append(pressed)
    return pressed
  }
}

/// Root of the sum of squares of two independent uncertainties.
func hypotenuse(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }

extension StepContext {
  func sleep(until instant: WorldInstant) async throws { try await world.sleep(until: instant) }
}
