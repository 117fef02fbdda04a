import Ports
import Testing

@testable import DUT

@Suite struct `Writes that the rig otherwise refuses` {
  @Test(arguments: SettingsRegister.all.filter { $0.access != .setting })
  func `never reach a calibration or factory register`(register: SettingsRegister) {
    #expect(throws: RegisterError.self) { try Request.probe(register, value: .float(1)) }
    #expect(Request.password("123456", register: register.number) == nil || register.command != .writeLegacy)
  }

  @Test func `carry a number beyond the range that an ordinary write refuses`() throws {
    #expect(throws: RegisterError.self) { try Request.write(.balanceCurrentMax, value: 9) }
    let probe = try Request.probe(.balanceCurrentMax, value: 9)
    #expect(probe.floatValue == 9)
    #expect(probe.checksumRule == .sum)
    #expect(throws: RegisterError.self) { try Request.probe(.cellCount, value: -1) }
    #expect(throws: RegisterError.self) { try Request.probe(.balanceCurrentMax, value: .float(.nan)) }
    #expect(throws: RegisterError.self) { try Request.probe(.balanceCurrentMax, value: "text") }
  }

  @Test(arguments: ["12345", "1234567", "12345\n", "ümläut"]) func `take no odd password`(text: String) {
    #expect(Request.password(text, register: 0x1B) == nil)
  }

  @Test func `never send a password to a register of the catalogue`() {
    for register in SettingsRegister.all where register.command == .writeLegacy {
      #expect(Request.password("654321", register: register.number) == nil, "\(register)")
    }
  }

  @Test func `show neither a password nor its checksum`() throws {
    let request = try #require(Request.password("271828", register: 0x1B))
    #expect(request.textValue == "271828")
    let other = try #require(Request.password("314159", register: 0x1B))
    #expect(request.maskedBytes == other.maskedBytes)
    #expect(request.maskedBytes.prefix(8) == request.bytes.prefix(8))
  }

  @Test(arguments: ["123456", "000000", "999999", "abc", ""])
  func `ask for another password that differs in every place`(text: String) {
    let other = BLEUnit.another(than: text)
    #expect(other.utf8.count == 6)
    #expect(zip(other.utf8, text.utf8).allSatisfy { $0 != $1 })
  }
}
