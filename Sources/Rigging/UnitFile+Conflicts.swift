import DUT
import Model

extension UnitFile {
  /// What the file says the unit is, against what the run says it tests. A defect is described by settings or identity;
  /// another chemistry, string count or rating is another unit, and every limit would be the wrong one.
  func conflicts(with run: CheckedRun) -> [Finding] {
    SimulatedSocket.ordered(run).compactMap { path, ordered in
      guard let own = parameters.last(where: { $0.path == path })?.value, own != ordered,
        let place = places[path]
      else { return nil }
      return Finding(
        place: place,
        message:
          "the simulated unit has '\(path): \(own.words)', but the run tests one with \(ordered.words)",
        suggestion: "leave '\(path)' out of the unit file, or run with \(Self.remedy(path, own))")
    }
  }

  private static func remedy(_ path: String, _ value: UnitParameterValue) -> String {
    switch path {
    case "chemistry": "--chemistry \(value.words)"
    case "cells": "--cells \(value.words)"
    default: "the --model of that rating"
    }
  }
}

extension UnitParameterValue {
  /// As unit files spell it.
  fileprivate var words: String {
    switch self {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .flag(let flag): "\(flag)"
    case .quantity(let quantity): "\(quantity)"
    }
  }
}
