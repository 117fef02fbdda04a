import Foundation
import Quantities
import Testing

/// `bmsrig can` and `bmsrig traffic` as a user types them.
@Suite struct TrafficCommandTests {
  static let candidate = CommandLineTests.root.appending(path: "Rigs/CAN/pylontech-candidate.dbc").path

  @Test func `the traffic of a run goes out in three formats, and the CAN side decodes`() throws {
    let bench = try Desk()
    let ports = """
      - step: communication-ports
        id: ports
        title: CAN port
        measure: {heartbeat: information, voltage-difference: information}
      """
    try bench.write("procedure.yaml", SmallProcedure(steps: ports).text)
    let run = try bench.run(["--cells", "24"])
    #expect(run.code == 0, "\(run.output) \(run.errors)")
    func export(_ format: String) throws -> Data {
      let file = bench.path("capture.\(format)")
      let end = try Program.run(
        ["traffic", "export", "U1-1", "--format", format, "--output", file, "--store", bench.store])
      #expect(end.code == 0, "\(end.errors)")
      #expect(end.output == file + "\n")
      return try Data(contentsOf: URL(fileURLWithPath: file))
    }
    let bluetooth = try export("btsnoop")
    #expect(bluetooth.starts(with: Data("btsnoop\0".utf8)))
    // The device information shows the password, in two notifications; the journal and so the export have stars.
    #expect(bluetooth.range(of: Data("****".utf8)) != nil)
    #expect(bluetooth.range(of: Data("1234".utf8)) == nil)
    #expect(try export("pcapng").starts(with: [0x0A, 0x0D, 0x0D, 0x0A]))
    let log = try export("candump")
    let decoded = try Program.run(["can", "decode", "-", "--dbc", Self.candidate], input: log)
    #expect(decoded.code == 0, "\(decoded.errors)")
    #expect(decoded.output.contains("unit-bus 356#"))
    #expect(decoded.output.contains("    Measurements.Voltage = "))
    #expect(decoded.output.contains("    StateOfCharge.StateOfCharge = "))
    let json = try Program.run(["can", "decode", "-", "--json", "--dbc", Self.candidate], input: log)
    let first = try OrderedJSON(parsing: String(json.output.prefix { $0 != "\n" }))
    #expect(first["interface"]?.stringValue == "unit-bus")
    #expect(first["message"]?.stringValue == "Limits")
  }

  @Test func `a wrong line and a wrong DBC file are named with their place`() throws {
    let bench = try Desk()
    try bench.write("bus.log", "(1.000000) can0 356#00\nnonsense\n")
    let log = try Program.run(["can", "decode", bench.path("bus.log"), "--dbc", Self.candidate])
    #expect(log.code == 2)
    #expect(log.errors.contains("bus.log:2:1: this is no frame"))
    #expect(log.output.contains("Measurements.Voltage is not in this frame: it is too short"))
    try bench.write("wrong.dbc", "BO_ 1 A: 8 N\n SG_ X : 0|99@1+ (1,0) [0|0] \"\" N\n")
    let dbc = try Program.run(["can", "decode", bench.path("bus.log"), "--dbc", bench.path("wrong.dbc")])
    #expect(dbc.code == 2)
    #expect(dbc.errors.contains("wrong.dbc:2:12: '99' where a length of 1 to 64 bits is expected"))
    #expect(try Program.run(["can", "decode", bench.path("bus.log")]).code == 2)
  }

  @Test func `a bus that is not there is the rig's error, with what to do`() throws {
    let end = try Program.run(["can", "dump", "can://can97", "--seconds", "1"])
    #expect(end.code == 3)
    #expect(end.errors.contains("there is no interface 'can97'"))
    #expect(end.errors.contains("ip -br link show type can"))
    #expect(try Program.run(["can", "dump", "tcp://1.2.3.4:5"]).code == 2)
  }
}
