import Foundation

/// What the tests need of `bmsrig report --format json`.
struct RunReport: Decodable {
  struct Step: Decodable {
    let id: String
    let state: String
    let measurements: [Measurement]
  }
  struct Measurement: Decodable {
    let name: String
    let channel: String
    let value: Value?
    let unit: String?
    /// None where nothing was measured.
    let uncertainty: Double?
    let outcome: String
  }
  enum Value: Decodable, Equatable {
    case number(Double)
    case text(String)
    case truth(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let truth = try? container.decode(Bool.self) {
        self = .truth(truth)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }
  struct SafeState: Decodable {
    let confirmed: Bool
  }

  let verdict: String
  let reason: String
  let safeState: SafeState?
  let rigErrors: [RigError]
  let steps: [Step]

  struct RigError: Decodable {
    let instrument: String
    let message: String
  }

  /// By step, name and channel. Phases of balancing are counted by direction: whether the first one goes out of a cell
  /// or into one depends on the instant at which it begins.
  var measurements: [String: Measurement] {
    var found: [String: Measurement] = [:]
    for step in steps {
      var counts: [String: Int] = [:]
      for measurement in step.measurements {
        var key = "\(step.id)/\(measurement.name)/\(measurement.channel)"
        if measurement.channel.hasPrefix("phase "), let comma = measurement.channel.firstIndex(of: ",") {
          let direction = "\(step.id)/\(measurement.name)/\(measurement.channel[comma...].dropFirst(2))"
          counts[direction, default: 0] += 1
          key = "\(direction), time \(counts[direction]!)"
        }
        found[key] = measurement
      }
    }
    return found
  }

  /// Reads the report of a store's run through the program.
  static func read(_ run: String, store: String) throws -> RunReport {
    let path = "\(store)/\(run).json"
    try Lab.run(Program.path, "report", run, "--store", store, "--format", "json", "--output", path)
    return try JSONDecoder().decode(RunReport.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
