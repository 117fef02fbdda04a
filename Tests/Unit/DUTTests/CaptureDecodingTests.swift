import DUT
import Ports
import Quantities
import Testing

@Suite struct CaptureDecodingTests {
  @Test func `every capture is there`() {
    #expect(CaptureFile.all.count == 29)
    #expect(CaptureFile.streams.count == 2)
  }

  @Test(arguments: CaptureFile.frames)
  func `a captured frame decodes to its published values`(capture: CaptureFile) throws {
    let decoded = try HexDecoder.decode(text: capture.text, revealPassword: true)
    #expect(decoded["frames"]?.arrayValue?.count == 1)
    #expect(decoded["junk_bytes"] == 0)
    let frame = try #require(decoded["frames"]?[0])
    #expect(frame["kind"]?.stringValue == capture.kind)
    #expect(frame["checksum_ok"] == true)
    let tolerance = try #require(capture.expected["float_tolerance"]?.doubleValue)
    for key in ["values", "header"] {
      let wrong = differences(
        try #require(frame[key]), try #require(capture.expected[key]), tolerance: tolerance)
      #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }
    #expect(frame["bytes_hex"]?.stringValue == HexText.packed(capture.bytes))
  }

  @Test(arguments: CaptureFile.frames)
  func `decoding and encoding gives the captured bytes back`(capture: CaptureFile) throws {
    let bytes = capture.bytes
    switch capture.kind {
    case "device_info": #expect(DeviceInfo(decoding: bytes)?.encoded() == bytes)
    case "factory_defaults": #expect(FactoryDefaults(decoding: bytes)?.encoded() == bytes)
    case "acknowledge": #expect(Acknowledge(decoding: bytes)?.encoded() == bytes)
    case "request": #expect(Request(decoding: bytes)?.bytes == bytes)
    case "settings_v1", "settings_v2":
      var settings = try #require(Settings(decoding: bytes))
      for register in SettingsRegister.all {
        guard let value = settings.value(of: register) else { continue }
        let taken = settings.set(register, to: value)
        #expect(taken)
      }
      #expect(settings.encoded() == bytes)
    case "cell_info_v1", "cell_info_v2":
      let version: ProtocolVersion = capture.kind.hasSuffix("v1") ? .v1 : .v2
      var info = try #require(CellInfo(decoding: bytes, version: version))
      let source = info
      info.cellVolts = source.cellVolts
      info.lineOhms = source.lineOhms
      info.balancingAmperes = source.balancingAmperes
      info.temperature1Celsius = source.temperature1Celsius
      info.temperature2Celsius = source.temperature2Celsius
      info.faults = source.faults
      info.uptimeSeconds = source.uptimeSeconds
      if let second = source.second { info.second = second }
      #expect(info.encoded() == bytes)
    default: Issue.record("no test for \(capture.kind)")
    }
  }

  @Test(arguments: CaptureFile.frames.filter { $0.kind.hasPrefix("cell_info") })
  func `only the right layout makes sense of a captured frame`(capture: CaptureFile) {
    let right: ProtocolVersion = capture.kind.hasSuffix("v1") ? .v1 : .v2
    #expect(CellInfo.plausibleVersions(of: capture.bytes) == [right])
    #expect(CellInfo(decoding: capture.bytes, version: right)?.totalsAgree == true)
  }

  @Test(arguments: CaptureFile.streams)
  func `a captured stream gives the published frames`(capture: CaptureFile) throws {
    let decoded = try HexDecoder.decode(text: capture.text)
    let frames = try #require(decoded["frames"]?.arrayValue)
    let expected = try #require(capture.expected["expected_frames"]?.arrayValue)
    #expect(frames.count == expected.count)
    for (frame, wanted) in zip(frames, expected) {
      #expect(frame["checksum_ok"] == true)
      #expect(frame["start_offset"] == wanted["start_offset"])
      #expect(frame["header"]?["declared_length"] == wanted["length"])
      #expect(frame["header"]?["command"] == wanted["command"])
      #expect(frame["values"]?["frame_counter"] == wanted["frame_counter"])
    }
    #expect(decoded["junk_bytes"] == 0)
    #expect(decoded["findings"] == [])
  }

  @Test func `a unit built from nothing speaks frames that decode`() throws {
    var info = CellInfo(version: .v2)
    info.cellCount = 24
    info.cellVolts = (0..<24).map { 3.3 + 0.001 * Double($0) }
    info.operationStatus = .balancing
    info.faults.cellOvervoltage = 1 << 23
    var second = CellInfo.SecondGeneration()
    second.nominalCapacityAmpereHours = 320
    info.second = second
    let back = try #require(CellInfo(decoding: info.encoded(), version: .v2))
    #expect(Float(back.cellVolts[23]) == 3.323)
    #expect(back.cellCount == 24)
    #expect(FaultMasks.cells(in: back.faults.cellOvervoltage) == [24])
    #expect(back.isPlausible)
    #expect(FaultMasks.cells(in: back.faults.limited(toCellCount: 16).cellOvervoltage).isEmpty)
  }

  @Test func `unused cells that firmware flags raise no alarm`() throws {
    let bytes = CaptureFile.named("ek-24s4eb-zh2.0.8-cell-info-f9").bytes
    let info = try #require(CellInfo(decoding: bytes, version: .v1))
    #expect(info.faults.cellDetectionFailed == 0xFF0000)
    #expect(!info.faults.limited(toCellCount: info.cellCount).any)
    #expect(info.operationStatus.isNormal)
  }

  @Test func `an unknown status code is a value, not an error`() {
    #expect(OperationStatus(rawValue: 77).name == "unknown (77)")
    #expect(!OperationStatus(rawValue: 77).isNormal)
  }
}
