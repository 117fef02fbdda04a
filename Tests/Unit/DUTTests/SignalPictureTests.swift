import Capabilities
import DBC
import Ports
import Testing

@testable import DUT

/// What frames add up to by a DBC file and a mapping.
@Suite struct SignalPictureTests {
  private static let text = """
    VERSION ""
    BU_: Unit
    BO_ 256 Pack: 8 Unit
     SG_ Volts : 0|16@1+ (100,0) [0|0] "mV" Unit
     SG_ Amps : 16|16@1- (0.1,0) [0|0] "A" Unit
     SG_ Charge : 32|8@1+ (0.5,0) [0|0] "%" Unit
    BO_ 2147484160 Cells: 5 Unit
     SG_ Part M : 0|8@1+ (1,0) [0|0] "" Unit
     SG_ CellA m0 : 8|16@1+ (1,0) [0|0] "mV" Unit
     SG_ CellB m0 : 24|16@1+ (1,0) [0|0] "mV" Unit
     SG_ CellC m1 : 8|16@1+ (1,0) [0|0] "mV" Unit
    BO_ 258 Faults: 1 Unit
     SG_ High : 0|1@1+ (1,0) [0|0] "" Unit
     SG_ Low : 1|1@1+ (1,0) [0|0] "" Unit
    BO_ 259 Other: 1 Unit
    BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
    BA_ "GenMsgCycleTime" BO_ 256 1000;
    BA_ "GenMsgCycleTime" BO_ 258 5000;

    """

  private let database: DBCDatabase

  init() throws {
    let (database, findings) = DBCReader.read(Array(Self.text.utf8))
    #expect(findings.isEmpty, "\(findings)")
    self.database = database
  }

  private func picture() throws -> SignalPicture {
    func source(_ quantity: UnitBusQuantity, _ message: String, _ signal: String, _ scale: Double) throws
      -> SignalPicture.Source
    {
      let message = try #require(database.message(named: message))
      return .init(quantity: quantity, message: message, signal: signal, scale: scale)
    }
    return SignalPicture(
      profile: "test", database: database,
      sources: [
        try source(.packVoltage, "Pack", "Volts", 1e-3), try source(.packCurrent, "Pack", "Amps", -1),
        try source(.stateOfCharge, "Pack", "Charge", 0.01), try source(.cellVoltages, "Cells", "CellA", 1e-3),
        try source(.cellVoltages, "Cells", "CellB", 1e-3), try source(.cellVoltages, "Cells", "CellC", 1e-3),
        try source(.alarms, "Faults", "High", 1), try source(.alarms, "Faults", "Low", 1),
      ], period: 1)
  }

  private func frame(_ text: String, at seconds: Double) throws -> CANFrame {
    try #require(CANFrame(text: text, at: .start + .seconds(seconds)))
  }

  private func whole(_ picture: inout SignalPicture, _ text: String, at seconds: Double) throws
    -> UnitBroadcast
  {
    guard case .whole(let told) = picture.take(try frame(text, at: seconds)) else {
      Issue.record("\(text) was no whole")
      return UnitBroadcast(at: .start, packVoltage: .nan, steps: .init())
    }
    return told
  }

  // 792 · 100 mV, -5 · 0.1 A, 130 · 0.5 %.
  private static let pack = "100#1803fbff82"

  @Test func `values come in base units, with the sign that the mapping says`() throws {
    var picture = try picture()
    let told = try whole(&picture, Self.pack, at: 1)
    #expect(told.packVoltage.isAbout(79.2) && told.at == .start + .seconds(1))
    #expect(try #require(told.packCurrent).isAbout(0.5))
    #expect(try #require(told.stateOfCharge).isAbout(0.65))
    #expect(
      told.steps.voltage.isAbout(0.1) && told.steps.charge.isAbout(0.005) && told.steps.cell.isAbout(0.001))
    #expect(told.cellVoltages.isEmpty && told.temperatures.isEmpty && told.alarms == nil)
    #expect(picture.tells(.cellVoltages) && !picture.tells(.temperatures))
  }

  @Test func `a list counts only when all of it was told, also from parts of a multiplexed frame`() throws {
    var picture = try picture()
    #expect(picture.take(try frame("00000200#00e40ce50c", at: 0.1)) == .part)
    #expect(try whole(&picture, Self.pack, at: 1).cellVoltages.isEmpty)
    #expect(picture.take(try frame("00000200#01e60c0000", at: 1.1)) == .part)
    let told = try whole(&picture, Self.pack, at: 2)
    #expect(told.cellVoltages.count == 3)
    for (volts, expected) in zip(told.cellVoltages, [3.3, 3.301, 3.302]) { #expect(volts.isAbout(expected)) }
    #expect(picture.take(try frame("102#02", at: 2.1)) == .part)
    #expect(try whole(&picture, Self.pack, at: 3).alarms == ["Faults.Low"])
  }

  @Test func `what is not repeated is no longer told`() throws {
    var picture = try picture()
    _ = picture.take(try frame("00000200#00e40ce50c", at: 0.1))
    _ = picture.take(try frame("00000200#01e60c0000", at: 0.2))
    _ = picture.take(try frame("102#00", at: 0.3))
    #expect(try whole(&picture, Self.pack, at: 3).cellVoltages.count == 3)
    let later = try whole(&picture, Self.pack, at: 4)
    #expect(later.cellVoltages.isEmpty)
    // Its own cycle is five seconds.
    #expect(later.alarms == [])
    #expect(try whole(&picture, Self.pack, at: 16).alarms == nil)
  }

  @Test func `short, remote, FD and other frames tell nothing`() throws {
    var picture = try picture()
    #expect(picture.take(try frame("100#18", at: 1)) == .part)
    #expect(picture.take(try frame("100#R", at: 1)) == .foreign)
    #expect(picture.take(try frame("100##01803fbff82", at: 1)) == .foreign)
    #expect(picture.take(try frame("103#00", at: 1)) == .part)
    #expect(picture.take(try frame("00000100#1803fbff82", at: 1)) == .foreign)
    #expect(picture.take(try frame("200#00e40ce50c", at: 1)) == .foreign)
  }

  @Test func `a whole frame that lost its end tells the voltage and nothing that is missing`() throws {
    var picture = try picture()
    let told = try whole(&picture, "100#1803", at: 1)
    #expect(told.packVoltage.isAbout(79.2) && told.packCurrent == nil && told.stateOfCharge == nil)
  }
}

extension Double {
  fileprivate func isAbout(_ other: Double) -> Bool { (self - other).magnitude < 1e-9 }
}
