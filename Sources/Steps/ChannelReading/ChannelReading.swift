import Capabilities
import Engine
import Model
import Ports
import Quantities

/// One reading of one voltmeter role: for set-up, shift checks and long recordings.
public enum ChannelReading: StepKind {
  public static let id = "channel-reading"
  public static let summary = "Reads one single-channel voltmeter role once, after an optional wait."
  public static let parameters = [
    FieldDeclaration(
      "role",
      .choice(RoleName.allCases.filter { $0.kind == .voltmeter && $0.channelCount == 1...1 }.map(\.rawValue)),
      doc: "what to read"),
    FieldDeclaration("wait", .quantity(.time, range: 0...86_400), default: "0 s", doc: "before the reading"),
  ]
  public static let measurements = [MeasurementDeclaration("reading", .voltage, "volts at the channel")]
  public static let roles: [RoleName] = []
  public static let sample = """
    - step: channel-reading
      id: pack
      title: Pack voltage
      role: pack-voltage
      measure:
        reading: information
    """

  public static func run(_ context: StepContext) async throws {
    try await context.sleep(context.values.quantity("wait"))
    let role = RoleName(rawValue: context.values.text("role"))!
    let reading = try await context.bench.readVolts([role])[0][0]
    context.measure(
      "reading", .init(reading: reading.value), uncertainty: context.bench.uncertainty(role, "voltage"),
      by: context.bench.instrumentNames(role))
  }
}
