import Capabilities
import Instruments
import Ports
import Simulation
import TestKit
import Testing

/// What every driver of the catalogue promises. Banks of lines have no bytes and are tested on their own.
@Suite struct ConformanceTests {
  static let ids = InstrumentCatalog.entries.filter { $0.makeTwin != nil }.map(\.id)

  private func bench(_ id: String, twinOptions: [String: String] = [:]) throws -> DriverBench {
    try DriverBench(#require(InstrumentCatalog.entry(id)), twinOptions: twinOptions)
  }

  private func error(_ body: () async throws -> Void) async -> InstrumentError? {
    do {
      try await body()
      return nil
    } catch { return error as? InstrumentError }
  }

  @Test func `ids are sorted, unique and spelled in lower case`() {
    let all = InstrumentCatalog.entries.map(\.id)
    #expect(all == all.sorted())
    #expect(Set(all).count == all.count)
    #expect(all.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" } })
  }

  @Test(arguments: InstrumentCatalog.entries.map(\.id))
  func `every documented default is a value its option accepts`(_ id: String) throws {
    let entry = try #require(InstrumentCatalog.entry(id))
    for option in entry.options + entry.twinOptions { try option.check(option.defaultText) }
    #expect(entry.findings(in: ["gapp": "1 s"]).count == 1)
    #expect(try !entry.ranges([:]).channels.isEmpty)
    #expect(!entry.portKinds.isEmpty && !entry.capabilities.isEmpty)
  }

  @Test(arguments: ids)
  func `opening names the instrument and changes no output`(_ id: String) async throws {
    let bench = try bench(id)
    let circuit = bench.world.circuit
    circuit.driveCell(3, volts: 3.3, sourceLimit: 1, sinkLimit: 1, on: true)
    circuit.setThermistor(2, ohms: 12_345)
    let before = bench.outputs()
    let identity = try await bench.instrument.open()
    #expect(!identity.model.isEmpty)
    #expect(bench.outputs() == before)
  }

  @Test(arguments: ids)
  func `another model at the address is refused after the identity query`(_ id: String) async throws {
    let entry = try #require(InstrumentCatalog.entry(id))
    let isImpostor = entry.wire == .bytes
    let bench = try bench(id, twinOptions: isImpostor ? ["fault": "wrong-model"] : [:])
    if isImpostor {
      let error = await error { _ = try await bench.instrument.open() }
      #expect(error?.code == .wrongModel)
      #expect(bench.changesSent == 0)
      return
    }
    bench.link.mangle = { _ in Array("ACME,X-1000,1,1.0\n".utf8) }
    let error = await error { _ = try await bench.instrument.open() }
    #expect(error?.code == .wrongModel)
    #expect(bench.link.sent == ["*IDN?"])
  }

  @Test(arguments: ids)
  func `making safe works twice`(_ id: String) async throws {
    let bench = try bench(id)
    _ = try await bench.instrument.open()
    for _ in 1...2 {
      let report = await bench.instrument.makeSafe()
      #expect(report.confirmed, "\(report.message)")
    }
  }

  @Test(arguments: ids, [ScriptedLink.Cut.silent, .closed])
  func `a dead link ends in an error, and making safe says unconfirmed`(_ id: String, _ cut: ScriptedLink.Cut)
    async throws
  {
    let bench = try bench(id)
    _ = try await bench.instrument.open()
    bench.link.cut = cut
    let began = bench.world.now
    let first = await error { _ = try await bench.touch() }
    #expect(first?.code == .link, "\(String(describing: first))")
    #expect(bench.world.now - began < .seconds(60))
    let sent = bench.link.sent.count
    let second = await error { _ = try await bench.touch() }
    #expect(second?.code == .desynchronised || second?.code == .link)
    #expect(bench.link.sent.count == sent)
    for _ in 1...2 { #expect(await !bench.instrument.makeSafe().confirmed) }
    #expect(bench.link.sent.count > sent, "the switch-off must be attempted all the same")
  }

  @Test(arguments: ids)
  func `what cannot be is refused before a byte is sent`(_ id: String) async throws {
    let bench = try bench(id)
    _ = try await bench.instrument.open()
    let sent = bench.link.sent.count
    let impossible = bench.impossible()
    #expect(!impossible.isEmpty)
    for (what, ask) in impossible {
      let error = await error(ask)
      #expect(error?.code == .outOfRange, "\(what): \(String(describing: error))")
      #expect(bench.link.sent.count == sent, "\(what)")
    }
  }

  @Test(arguments: ids)
  func `a reply in pieces reads the same`(_ id: String) async throws {
    var values: [[Double]] = []
    for split in [false, true] {
      let bench = try bench(id)
      if bench.entry.portKinds[0] == .messages { return }
      bench.link.isSplit = split
      _ = try await bench.instrument.open()
      values.append(try await bench.touch())
    }
    #expect(values[0] == values[1])
  }

  @Test(
    arguments: ids,
    ["\u{7F}\u{1}\n", "\n", "hello\n", "1.0,2.0,3.0,4.0,5.0,6.0,7.0,8.0,9.0\n", "3.3V3\n", "3.3", "#9\n"])
  func `a reply that makes no sense never becomes a value`(_ id: String, _ reply: String) async throws {
    let bench = try bench(id)
    _ = try await bench.instrument.open()
    bench.link.mangle = { _ in Array(reply.utf8) }
    let error = await error { _ = try await bench.touch() }
    #expect(error != nil, "'\(reply)' was taken for an answer")
  }

  @Test(arguments: ids)
  func `a late reply is never taken for the next one, and opening again recovers`(_ id: String) async throws {
    let bench = try bench(id)
    _ = try await bench.instrument.open()
    // Making safe may change what is read afterwards, so it comes before both readings.
    #expect(await bench.instrument.makeSafe().confirmed)
    let right = try await bench.touch()
    bench.link.extraDelay = .seconds(40)
    let late = await error { _ = try await bench.touch() }
    #expect(late?.code == .link)
    bench.link.extraDelay = .zero
    bench.world.advance(to: bench.world.now + .seconds(60))
    let next = await error { _ = try await bench.touch() }
    #expect(next?.code == .desynchronised)
    #expect(await bench.instrument.makeSafe().confirmed)
    _ = try await bench.instrument.open()
    let again = try await bench.touch()
    #expect(
      right.count == again.count && zip(right, again).allSatisfy { $0 == $1 || ($0 - $1).magnitude < 0.1 })
  }

  @Test(arguments: ids)
  func `a doubled reply does not shift the answers`(_ id: String) async throws {
    let bench = try bench(id)
    if bench.entry.portKinds[0] == .messages { return }
    _ = try await bench.instrument.open()
    let right = try await bench.touch()
    bench.link.isDoubled = true
    var failed = false
    for _ in 1...2 {
      do {
        let again = try await bench.touch()
        #expect(zip(right, again).allSatisfy { $0 == $1 || ($0 - $1).magnitude < 0.1 })
      } catch { failed = true }
    }
    // Frames that carry a transaction number are told apart; lines are not.
    #expect(failed || bench.entry.wire == .bytes)
  }

  @Test(arguments: ids)
  func `the driver sends what its transcripts show`(_ id: String) async throws {
    let entry = try #require(InstrumentCatalog.entry(id))
    #expect(!entry.transcripts.isEmpty)
    for transcript in entry.transcripts {
      let peer = TranscriptPeer(
        transcript.exchanges.map { ($0.sent, $0.reply) }, wire: entry.wire)
      let bench = try DriverBench(
        entry, options: transcript.options, peer: peer, serial: serial(in: transcript))
      do { try await transcript.action(bench.instrument) } catch {
        Issue.record("\(transcript.title): \(error)")
      }
      #expect(peer.difference == nil, "\(transcript.title)")
      #expect(peer.unasked == [], "\(transcript.title)")
    }
  }

  @Test(arguments: ids)
  func `the twin answers what the transcripts show`(_ id: String) throws {
    let entry = try #require(InstrumentCatalog.entry(id))
    for transcript in entry.transcripts {
      let circuit = Circuit(parameters: CircuitParameters())
      let twin = try DriverBench.twin(
        entry, circuit, options: transcript.options, serial: serial(in: transcript))
      var now = WorldInstant.start
      for earlier in transcript.prepare { _ = twin.receive(WireText.bytes(earlier, entry.wire), at: now) }
      for exchange in transcript.exchanges {
        now = now + .seconds(1)
        circuit.advance(to: now)
        twin.advance(to: now)
        let replies = twin.receive(WireText.bytes(exchange.sent, entry.wire), at: now)
        let text = WireText.text(replies.flatMap(\.bytes), entry.wire)
        #expect(
          agrees(text, exchange.reply ?? ""),
          "\(transcript.title): '\(exchange.sent)' gave '\(text)', shown is '\(exchange.reply ?? "")'")
      }
    }
  }

  private func serial(in transcript: Transcript) -> String {
    let identity = transcript.exchanges.first { $0.sent == "*IDN?" }?.reply ?? ""
    let fields = identity.split(separator: ",")
    return fields.count > 2 ? String(fields[2]) : DriverBench.serial
  }

  /// Same words and whole numbers; measured numbers may differ by what a twin's own errors explain.
  private func agrees(_ found: String, _ shown: String) -> Bool {
    let a = found.split { $0 == "," || $0 == ";" }
    let b = shown.split { $0 == "," || $0 == ";" }
    return a.count == b.count
      && zip(a, b).allSatisfy { x, y in
        if x == y { return true }
        guard x.contains("."), y.contains("."), let x = Double(x), let y = Double(y) else { return false }
        return (x - y).magnitude <= 2e-3 * max(1, y.magnitude)
      }
  }
}
