import Model
import Ports
import Quantities
import Rigging
import Testing

/// What is proven of a guard by what was seen of it.
@Suite struct `A trial of the guard` {
  private static func trial(_ change: (inout GuardTrial) -> Void = { _ in }) throws -> GuardTrial {
    var trial = GuardTrial(rig: try ServedRig.file.rig)
    trial.silent = 1_000_000_000
    trial.wasKilled = true
    trial.proof = proof()
    change(&trial)
    return trial
  }

  /// As the guard writes it; nanoseconds.
  private static func proof(
    noticed: Int64 = 1_402_000_000, finished: Int64 = 2_900_000_000, open: String? = nil
  ) -> String {
    """
    {"format":"bmsrig-guard-proof 1","run":"proof","reason":"no heartbeat for 401 ms","realtime":"",
    "noticed":\(noticed),"told":\(noticed + 3_000_000),"finished":\(finished),"confirmed":\(open == nil),
    "steps":[{"step":"loop-off","confirmed":true,"words":"read back"},
    {"step":"auxiliary-off","confirmed":\(open == nil),"words":"\(open ?? "read back")"}],
    "sent":[{"link":"auxiliary","at":\(noticed + 9_000_000),"bytes":"OUTP?"},
    {"link":"source","at":\(noticed + 3_000_000),"bytes":"OUTP OFF"}]}
    """
  }

  @Test func `says after how long it acted and was confirmed`() throws {
    let verdict = try Self.trial().verdict
    #expect(verdict.isProven)
    #expect(verdict.words == "acted after 405 ms, confirmed after 1900 ms: 2 steps read back")
  }

  @Test func `allows the silence, the time limits of the steps and two seconds`() throws {
    // 0.4 s of silence; 0.05, 0.5 three times, 0.2 s, 2 s twice, 0.5, 0.2 s twice and 5 s in the rig file.
    #expect(abs(try Self.trial().limit.seconds - 14.05) < 1e-9)
    let late = try Self.trial { $0.proof = Self.proof(finished: 15_051_000_000) }.verdict
    #expect(!late.isProven && late.words.contains("confirmed after 14051 ms only"), "\(late.words)")
    #expect(try Self.trial { $0.proof = Self.proof(finished: 15_050_000_000) }.verdict.isProven)
  }

  @Test func `an unconfirmed step is none, and is named`() throws {
    let verdict = try Self.trial { $0.proof = Self.proof(open: "auxiliary answers 1") }.verdict
    #expect(!verdict.isProven)
    #expect(verdict.words == "acted after 405 ms, NOT CONFIRMED: auxiliary-off: auxiliary answers 1")
  }

  @Test func `a guard that let the controller live, or left no proof, did not act`() throws {
    let alive = try Self.trial {
      $0.wasKilled = false
      $0.proof = nil
      $0.said = "a controller was let live"
    }
    #expect(!alive.verdict.isProven && alive.verdict.words == "DID NOT ACT: a controller was let live")
    let mute = try Self.trial { $0.proof = nil }.verdict
    #expect(!mute.isProven && mute.words.hasPrefix("DID NOT ACT: it ended the controller"), "\(mute.words)")
    let torn = try Self.trial { $0.proof = "{\"run\":" }.verdict
    #expect(!torn.isProven && torn.words.contains("cannot be read"), "\(torn.words)")
  }

  @Test func `a guard that acts while it is fed proves nothing`() throws {
    for silent in [nil, 1_500_000_000] as [Int64?] {
      let verdict = try Self.trial { $0.silent = silent }.verdict
      #expect(!verdict.isProven && verdict.words.contains("while it was still fed"), "\(verdict.words)")
    }
  }

  @Test func `a stand-in that never fell silent is told in its own words`() throws {
    let verdict = try Self.trial {
      $0.silent = nil
      $0.wasKilled = false
      $0.proof = nil
      $0.said = "lines: cover open"
    }.verdict
    #expect(!verdict.isProven && verdict.words == "not proven: lines: cover open")
  }

  @Test func `a permit line that lives on, or a rig that is not as it should be, spoils the proof`() throws {
    let permit = try Self.trial { $0.permit = "it reads active" }.verdict
    #expect(!permit.isProven && permit.words.hasSuffix("not seen to be at rest: it reads active"))
    let undropped = try Self.trial {
      $0.proof = Self.proof().replacing("\"steps\"", with: "\"permit\":\"line 50 is gone\",\"steps\"")
    }.verdict
    #expect(!undropped.isProven && undropped.words.hasSuffix("line 50 is gone"), "\(undropped.words)")
    let rig = try Self.trial { $0.afterwards = ["source: the output is on"] }.verdict
    #expect(!rig.isProven && rig.words.hasSuffix("afterwards: source: the output is on"))
  }
}
