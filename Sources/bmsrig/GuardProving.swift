import Foundation
import Glibc
import LinuxPorts
import Model
import Ports
import Rigging

/// Has the guard of a rig prove itself: a stand-in for the controller, in a process of its own, falls silent; the guard
/// has to end it and to switch off.
struct GuardProving: Sendable {
  /// What came of it.
  struct Found: Sendable {
    var isProven = false
    /// False for a rig whose guard cannot be tried; nothing is held against it.
    var isWanted = true
    var words: String
    /// How the rig was left; nil when it was not touched.
    var safety: RigSafety?
    var stop: String?
  }

  let rig: Rig
  /// Path of the rig file.
  let path: String

  /// Opening a rig is bounded by deadlines, link by link; nothing takes as long as this.
  private static let standInLimit = Interval.seconds(180)
  private static let leavingLimit = Interval.seconds(60)
  private static let lookEvery = Interval.milliseconds(5)
  /// What the two processes say, in the folder that they share.
  private static let saidFile = "said"
  private static let proofFile = "proof.json"

  func run() throws -> Found {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bmsrig-proof-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try LinuxWorld.run { world in try await prove(in: world, folder) }
  }

  private func prove(in world: LinuxWorld, _ folder: String) async throws -> Found {
    let child = try start(folder)
    var trial = GuardTrial(rig: rig)
    let stop = await end(of: child, in: world)
    trial.wasKilled =
      !child.isRunning && child.terminationReason == .uncaughtSignal
      && child.terminationStatus == SIGKILL
    let isStuck = child.isRunning
    if isStuck {
      // Its guard, if it has one, sees it go and acts.
      kill(child.processIdentifier, SIGKILL)
      child.waitUntilExit()
      trial.said = "the stand-in for the controller came to no end. "
    }
    let proof = "\(folder)/\(Self.proofFile)"
    let latest = world.now + trial.limit + .seconds(1)
    repeat {
      try? await world.sleep(for: Self.lookEvery)
      trial.proof = try? String(contentsOfFile: proof, encoding: .utf8)
    } while trial.wasKilled && !trial.isConfirmed && world.now < latest
    hear(&trial, (try? String(contentsOfFile: "\(folder)/\(Self.saidFile)", encoding: .utf8)) ?? "")
    let afterwards = RigAfterwards(
      rig: rig, world: world, guardIsBusy: (trial.wasKilled || isStuck) && !trial.isConfirmed)
    trial.permit = await afterwards.permitProblem()
    let (found, safety) = await afterwards.look()
    trial.afterwards = found
    let verdict = trial.verdict
    return Found(
      isProven: verdict.isProven && stop == nil, words: stop == nil ? verdict.words : "not proven: stopped",
      safety: safety, stop: stop)
  }

  /// This program again, as the controller that will hang.
  private func start(_ folder: String) throws -> Process {
    let said = "\(folder)/\(Self.saidFile)"
    guard FileManager.default.createFile(atPath: said, contents: nil),
      let words = FileHandle(forWritingAtPath: said)
    else {
      throw PortError(.permission, attempted: "write down what the stand-in says", port: said)
    }
    defer { try? words.close() }
    let child = Process()
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    child.executableURL = URL(fileURLWithPath: own)
    child.arguments = ["rig", "prove", path, "--stand-in", folder]
    child.standardInput = FileHandle.nullDevice
    child.standardOutput = words
    child.standardError = words
    try child.run()
    return child
  }

  /// Waits for it. Somebody who does not want to wait has it end itself first; from then on stops are held.
  /// - Returns: Why it was stopped; nil when nobody did.
  private func end(of child: Process, in world: LinuxWorld) async -> String? {
    do {
      try await wait(for: child, Self.standInLimit, in: world)
      world.holdStops = true
      return nil
    } catch {
      world.holdStops = true
      // Not to a number that may be another's by now.
      if child.isRunning { kill(child.processIdentifier, SIGTERM) }
      try? await wait(for: child, Self.leavingLimit, in: world)
      return world.stopRequested ?? "\(error)"
    }
  }

  private func wait(for child: Process, _ limit: Interval, in world: LinuxWorld) async throws {
    let end = world.now + limit
    while child.isRunning, world.now < end { try await world.sleep(for: Self.lookEvery) }
  }

  private static let silentWord = "silent "
  private static let armedWord = "armed "

  private func hear(_ trial: inout GuardTrial, _ text: String) {
    for line in text.split(separator: "\n") {
      if line.hasPrefix(Self.silentWord) {
        trial.silent = Int64(line.dropFirst(Self.silentWord.count))
      } else if !line.hasPrefix(Self.armedWord) {
        trial.said += line
      }
    }
  }

  // MARK: the other process

  /// Stands for the controller until the guard ends this process.
  /// - Parameter folder: Where the guard leaves its proof.
  /// - Returns: How it ended when the guard did not do that.
  func stand(in folder: String) throws -> GuardStandIn.Ending {
    try LinuxWorld.run { world in
      let standIn = try GuardStandIn(rig: rig, world: world, proofPath: "\(folder)/\(Self.proofFile)")
      return await standIn.run { sign in
        switch sign {
        case .armed(let words): Output.line(Self.armedWord + words)
        case .silent(let since): Output.line("\(Self.silentWord)\(world.kernelClock(at: since))")
        }
      }
    }
  }
}
