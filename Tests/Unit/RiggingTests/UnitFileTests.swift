import Documents
import Rigging
import Testing

@Suite struct UnitFileTests {
  @Test(
    "a parameter that no unit has is named where it stands, with what was meant",
    arguments: [
      (
        "channels: {7: {ofset: 25 mV}}",
        "unit.yaml:1:16: 'channels.7.ofset': no such parameter of a simulated unit "
          + "(did you mean 'channels.N.offset'?)"
      ),
      (
        "seed: 1\nchanels: {7: {offset: 25 mV}}",
        "unit.yaml:2:15: 'chanels.7.offset': no such parameter of a simulated unit "
          + "(did you mean 'channels.N.offset'?)"
      ),
      (
        "channels: {99: {offset: 25 mV}}",
        "unit.yaml:1:17: 'channels.99.offset': no such parameter of a simulated unit "
          + "(channels and sensors count from 1, up to what the unit has)"
      ),
      (
        "channels: {N: {offset: 25 mV}}",
        "unit.yaml:1:16: 'channels.N.offset': no such parameter of a simulated unit "
          + "(channels and sensors count from 1, up to what the unit has)"
      ),
      (
        "ntc.1: hot",
        "unit.yaml:1:1: 'ntc.1': no such parameter of a simulated unit (write one of these below it: "
      ),
      (
        "quite: wrong",
        "unit.yaml:1:1: 'quite': no such parameter of a simulated unit "
          + "('bmsrig schema unit' lists all parameters)"
      ),
      ("channels: {7: {offset: 25 A}}", "unit.yaml:1:24: 'channels.7.offset': "),
    ])
  func unknown(text: String, expected: String) throws {
    let document = try #require(YAMLDocument.parse(text: text, file: "unit.yaml").value)
    let findings = UnitFile.read(document).findings.map(\.description)
    #expect(findings.count == 1)
    #expect(findings[0].hasPrefix(expected), "\(findings[0])")
  }

  @Test("a channel's parameter is set, in a table or in a list that counts from 1")
  func channels() throws {
    for text in ["channels: {2: {offset: 25 mV}}", "channels: [{offset: 0 mV}, {offset: 25 mV}]"] {
      let document = try #require(YAMLDocument.parse(text: text, file: "unit.yaml").value)
      let file = try #require(UnitFile.read(document).value)
      #expect(file.parameters.last?.path == "channels.2.offset")
      let unit = try UnitFile.unit(file, seed: 1, preset: [])
      let good = try UnitFile.unit(nil, seed: 1, preset: [])
      #expect(unit != good)
    }
  }
}
