import Capabilities
import Engine
import Model
import Ports

/// Arms what watches by itself, withholds the food and looks whether it acted, for all instruments at the same time.
public struct WatchdogProver {
  /// What came of one instrument.
  public struct Result: Hashable, Sendable {
    public let name: String
    /// nil: the instrument's driver knows no watchdog.
    public let proof: WatchdogProof?
    /// Why it could not be tried; empty otherwise.
    public let problem: String
    public var isGood: Bool { problem.isEmpty && proof?.tripped ?? true }
  }

  private let rig: WorkingRig
  public init(rig: WorkingRig) { self.rig = rig }

  /// Opens the rig, proves, and closes it again.
  /// - Throws: What kept the rig from being opened; nothing was energised then.
  public func run() async throws -> [Result] {
    do { try await rig.open { _ in } } catch {
      await rig.close()
      throw error
    }
    let all = Confined(rig.instruments)
    let results = await withTaskGroup(of: (Int, Result).self) { group in
      for index in all.value.indices {
        group.addTask { (index, await Self.prove(all.value[index].name, all.value[index].instrument)) }
      }
      var found: [(Int, Result)] = []
      for await one in group { found.append(one) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
    await rig.close()
    return results
  }

  private static func prove(_ name: String, _ instrument: any Instrument) async -> Result {
    guard let watched = instrument as? any WatchdogProving else {
      return Result(name: name, proof: nil, problem: "")
    }
    do throws(InstrumentError) {
      return Result(name: name, proof: try await watched.proveWatchdog(), problem: "")
    } catch { return Result(name: name, proof: nil, problem: error.description) }
  }
}
