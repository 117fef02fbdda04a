import Foundation
import Testing

@testable import DBC

@Suite struct DBCCodingTests {
  static func candidate(_ name: String) throws -> DBCDatabase {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: root.appendingPathComponent("Rigs/CAN/\(name).dbc"))
    let (database, findings) = DBCReader.read(Array(data))
    #expect(findings == [])
    return database
  }

  static func decode(_ name: String, _ identifier: UInt32, _ bytes: [UInt8]) throws -> [String: Double] {
    let message = try #require(try candidate(name).message(identifier: identifier, isExtended: false))
    return Dictionary(uniqueKeysWithValues: message.decode(bytes).values.map { ($0.signal, $0.physical) })
  }

  /// Source: the examples of the makers' documents (notes on CAN and RS485, sections 5 and 6).
  @Test func `the documents' examples decode to the documents' values`() throws {
    let pack = try Self.decode("jk-bms-candidate", 0x2F4, [0x13, 0x01, 0xD7, 0x11, 0x33, 0, 0x64, 0])
    #expect(abs(pack["TotalVoltage"]! - 27.5) < 1e-9)
    #expect(abs(pack["Current"]! - 56.7) < 1e-9)
    #expect(pack["StateOfCharge"] == 51 && pack["DischargeTime"] == 100)
    let cells = try Self.decode("jk-bms-candidate", 0x4F4, [0x8C, 0x0A, 0x05, 0x92, 0x09, 0x08])
    #expect(
      cells == ["HighestCell": 2700, "HighestCellNumber": 5, "LowestCell": 2450, "LowestCellNumber": 8])
    let heat = try Self.decode("jk-bms-candidate", 0x5F4, [0x48, 0x06, 0x2F, 0x01, 0x3F])
    #expect(heat["Highest"] == 22 && heat["Lowest"] == -3 && heat["Average"] == 13)
    let alarms = try Self.decode("jk-bms-candidate", 0x7F4, [0x43, 0x00, 0x20, 0x00])
    #expect(
      alarms.filter { $0.value != 0 } == ["CellOvervoltage": 3, "PackUndervoltage": 1, "StateOfChargeLow": 2])
    let balancer = try Self.decode(
      "jk-balancer-candidate", 1, [0x01, 0x00, 0x15, 0x1E, 0xD3, 0x0F, 0x69, 0x14])
    #expect(balancer["Temperature"] == 21 && balancer["DetectedCells"] == 20)
    #expect(abs(balancer["TotalVoltage"]! - 78.91) < 1e-9 && abs(balancer["AverageVoltage"]! - 3.945) < 1e-9)
    #expect(balancer["HighestCell"] == nil, "another answer's signal")
  }

  static let message = DBCReader.read(
    Array(
      """
      BO_ 1 A: 8 N
       SG_ Which M : 0|2@1+ (1,0) [0|0] "" N
       SG_ Big m1 : 15|12@0- (0.5,10) [0|0] "" N
       SG_ Small m2 : 8|8@1+ (1,0) [0|0] "" N
       SG_ Wide : 32|32@1- (1,0) [0|0] "" N
      """.utf8)
  ).database.messages[0]

  @Test func `values become the frame that decodes to them`() throws {
    let bytes = try Self.message.encode(["Which": 1, "Big": -990, "Wide": -2_147_483_648])
    #expect(bytes == [0x01, 0x83, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80])
    let values = Self.message.decode(bytes).values
    #expect(values.map(\.signal) == ["Which", "Big", "Wide"])
    #expect(values.map(\.physical) == [1, -990, -2_147_483_648])
  }

  @Test(arguments: [
    (["Which": 1.0, "Wide": 0], "a value for 'Big' is missing"),
    (["Which": 2, "Small": 1, "Big": 0, "Wide": 0], "'Big' is not in the frame with these selectors"),
    (["Which": 2, "Small": 256, "Wide": 0], "256.0 is more than the 8 bits of 'Small' can hold"),
    (["Which": 2, "Small": -1, "Wide": 0], "-1.0 is more than the 8 bits of 'Small' can hold"),
    (["Which": 2, "Small": .nan, "Wide": 0], "nan is more than the 8 bits of 'Small' can hold"),
    (["Which": 0, "Wide": 2_147_483_648], "2147483648.0 is more than the 32 bits of 'Wide' can hold"),
    (["Which": 0, "Wide": 0, "Odd": 1], "'A' has no signal 'Odd'"),
  ])
  func `a frame that cannot be made is refused with the reason`(_ values: [String: Double], _ reason: String)
  {
    #expect(throws: DBCEncodingError(description: reason)) { try Self.message.encode(values) }
  }
}
