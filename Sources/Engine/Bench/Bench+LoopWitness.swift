import Capabilities
import Model
import Ports
import Quantities

/// The rule of the two independent channels for the high-current loop: shunt and source, and what was asked for.
extension Bench {
  static let loopLooks = 3

  /// Two instruments must agree on the current, and it must be the one that was asked for unless the unit's path limits
  /// it, before it may speak about the unit: the shunt's meter says `amperes`, the source is asked for its own reading.
  ///
  /// - Parameter wanted: Amperes that the source was set to; the sign does not matter.
  /// - Throws: `RigFault` naming both when they differ by more than their stated uncertainties together (half of the
  ///   current when none are stated), or the source when it does not deliver although nothing holds the current back.
  ///
  /// The unit may open or close the path between both readings, so a difference counts only when it stays: the path
  /// cannot change in each of three looks.
  public func confirmLoop(_ amperes: Double, of wanted: Double) async throws {
    var shunt = amperes
    var own = 0.0
    let source = try loopSource()
    var agrees = false
    for look in 0..<Self.loopLooks {
      if look > 0 { shunt = try await loopAmperes().value }
      let reading = try await source.measureCurrent()
      own = try number(reading, role: .loopSource)
      agrees = (own - shunt).magnitude <= agreement(at: max(own.magnitude, shunt.magnitude), wanted)
      if agrees, isDelivered(shunt, of: wanted) { return }
    }
    guard agrees else {
      throw RigFault(
        instrument: (instrumentNames(.loopCurrent) + instrumentNames(.loopSource)).joined(separator: " or "),
        message:
          "the loop's shunt reads \(Current(shunt)), the source itself \(Current(own)); they may differ by "
          + "\(Current(agreement(at: max(own.magnitude, shunt.magnitude), wanted))). Check shunt, its scale in the "
          + "rig file, and source")
    }
    try await explainShortfall(shunt, wanted)
  }

  /// Amperes by which shunt and source may differ.
  private func agreement(at amperes: Double, _ wanted: Double) -> Double {
    guard let ofShunt = uncertainty(.loopCurrent, "current", at: amperes),
      let ofSource = uncertainty(.loopSource, "current", at: amperes)
    else { return max(wanted.magnitude / 2, 0.5) }
    return ofShunt + ofSource
  }

  /// Below this part of the wanted current the path counts as open, which is the unit's matter.
  private static let conductingPart = 0.1
  /// Part of the wanted current by which it may be missed where no uncertainty is stated.
  private static let shortfallPart = 0.05
  /// Below this no shortfall is looked for.
  private static let smallCurrent = 0.5

  /// False while the shunt reads a current that is neither the wanted one nor that of an open path.
  public func isDelivered(_ amperes: Double, of wanted: Double) -> Bool {
    let (got, asked) = (amperes.magnitude, wanted.magnitude)
    guard asked > Self.smallCurrent, got > asked * Self.conductingPart else { return true }
    let stated = uncertainty(.loopCurrent, "current", at: asked).flatMap { shunt in
      uncertainty(.loopSource, "current", at: asked).map { $0 + shunt }
    }
    return (asked - got).magnitude <= stated ?? asked * Self.shortfallPart
  }

  /// At its compliance the source cannot do more, and then most of it must stand across the unit.
  private static let atCompliance = 0.95
  private static let explained = 0.8

  private func explainShortfall(_ amperes: Double, _ wanted: Double) async throws {
    let source = try loopSource()
    let reading = try await source.measureVoltage()
    let volts = try number(reading, role: .loopSource).magnitude
    let names = instrumentNames(.loopSource).joined(separator: ", ")
    let what = "it was set to \(Current(wanted.magnitude)) and delivers \(Current(amperes.magnitude))"
    guard volts >= Self.atCompliance * loopCompliance else {
      throw RigFault(
        instrument: names,
        message:
          "\(what) at \(Voltage(volts)), although its compliance is \(Voltage(loopCompliance)). Check its "
          + "power and current limits")
    }
    guard has(.pathDrop) else { return }
    let drop = try await self.volts(.pathDrop).value.magnitude
    let loop = amperes.magnitude * rig.wiring.loopResistance.base
    guard drop + loop < Self.explained * loopCompliance else { return }
    throw RigFault(
      instrument: names,
      message:
        "\(what) at its compliance, but only \(Voltage(drop)) of it stand across the unit. Check cables, lugs "
        + "and contactor of the loop")
  }

  /// The Kelvin channel along the path against the difference of the voltmeters at its ends.
  /// - Throws: `RigFault` when they differ in each of three looks by more than their stated uncertainties together.
  public func confirmDrop(_ drop: Double, pack: Double, port: Double) async throws {
    var fault = dropFault(drop, pack: pack, port: port)
    var looks = 1
    while let found = fault {
      guard looks < Self.loopLooks else { throw found }
      looks += 1
      let readings = try await readVolts([.pathDrop, .packVoltage, .portVoltage])
      fault = try dropFault(readings)
    }
  }

  // Neither of these belongs into the loop above: with their calls in it the optimiser of Swift 6.3.1 crashes (release
  // builds only).

  private func dropFault(_ readings: [[Reading]]) throws(RigFault) -> RigFault? {
    let drop = try number(readings[0][0], role: .pathDrop)
    let pack = try number(readings[1][0], role: .packVoltage)
    let port = try number(readings[2][0], role: .portVoltage)
    return dropFault(drop, pack: pack, port: port)
  }

  /// nil when the channels agree, or when nothing is known of one of them.
  private func dropFault(_ drop: Double, pack: Double, port: Double) -> RigFault? {
    guard let ofPath = uncertainty(.pathDrop, "voltage"), let ofPack = uncertainty(.packVoltage, "voltage"),
      let ofPort = uncertainty(.portVoltage, "voltage")
    else { return nil }
    let allowed = ofPath + ofPack + ofPort
    guard (drop - (pack - port)).magnitude > allowed else { return nil }
    return RigFault(
      instrument: instrumentNames(.pathDrop).joined(separator: ", "),
      message: "the channel along the path reads \(Voltage(drop)), those at its ends differ by "
        + "\(Voltage(pack - port)); that may be \(Voltage(allowed)) apart. Check the Kelvin wires")
  }
}
