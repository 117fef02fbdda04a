import DUT
import Foundation
import LinuxPorts
import Ports

/// How fast the unit's stream becomes values: captured live frames of an EK-B24S8E200A, checked and decoded, whole and
/// in the notifications of 20 bytes in which they come over the air; by us and by aiobmsble's plug-in for NEEY units.
enum BLEBench {
  static let capture = "Tests/Unit/DUTTests/Captures/ek-b24s8e200a-sw2.0.0-cell-info.hex"
  static let frames = 20_000
  /// A Python program needs no more to be measured.
  static let framesOfOthers = 2_000
  /// The plug-in rounds some 30 values to 0.001.
  static let rounding = 0.03

  static func run() throws {
    let text = try String(contentsOfFile: capture, encoding: .utf8)
    let digits = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined().filter {
      !$0.isWhitespace
    }
    let frame = stride(from: 0, to: digits.count, by: 2).map { place in
      let begin = digits.index(digits.startIndex, offsetBy: place)
      return UInt8(digits[begin..<digits.index(begin, offsetBy: 2)], radix: 16)!
    }
    for (title, size) in [("whole", frame.count), ("in pieces of 20 bytes", 20)] {
      let pieces = stride(from: 0, to: frame.count, by: size).map {
        Array(frame[$0..<min($0 + size, frame.count)])
      }
      var sum = 0.0
      let ours = try Rounds {
        let (cost, found) = try round(pieces)
        sum = found
        return cost
      }
      let arguments = [capture, "\(size)", "\(framesOfOthers)", "\(Rounds.count + 1)"]
      let theirs = try OtherProgram.rounds("neey_rate.py", arguments, of: "aiobmsble", sum: (sum, rounding))
      Comparison(title: "ble      decoded \(title)", unit: "frames", ours: ours, theirs: theirs).printLine()
    }
  }

  /// - Returns: also the sum of the values of one frame, as `neey_rate.py` rounds them.
  private static func round(_ pieces: [[UInt8]]) throws -> (RoundCost, Double) {
    var parser = FrameParser()
    var total = 0.0
    var decoded = 0
    let begin = (at: Rounds.clockSeconds(), cpu: Rounds.threadSeconds())
    for number in 0..<frames {
      let now = WorldInstant(nanoseconds: Int64(number))
      for piece in pieces {
        for case .frame(let frame) in parser.feed(piece, at: now) where frame.checksumOK {
          guard let info = CellInfo(decoding: frame.bytes, version: .v2), let second = info.second else {
            continue
          }
          total += sum(info, second)
          decoded += 1
        }
      }
    }
    let spent = Rounds.clockSeconds() - begin.at
    let cpu = Rounds.threadSeconds() - begin.cpu
    precondition(decoded == frames, "\(decoded) of \(frames) frames were decoded")
    let count = Double(frames)
    return (RoundCost(perSecond: count / spent, cpuMicroseconds: cpu / count * 1e6), total / count)
  }

  /// Everything that the plug-in reads of a frame.
  private static func sum(_ info: CellInfo, _ second: CellInfo.SecondGeneration) -> Double {
    var sum = info.totalVolts + info.differenceVolts + info.balancingAmperes + second.packAmperes
    sum +=
      second.nominalCapacityAmpereHours + second.remainingCapacityAmpereHours + second.stateOfChargePercent
    sum += info.temperature1Celsius + info.temperature2Celsius + second.mosfetCelsius + second.balancerCelsius
    for volts in info.cellVolts { sum += volts }
    return sum + (info.operationStatus == .balancing ? 1 : 0)
  }
}
