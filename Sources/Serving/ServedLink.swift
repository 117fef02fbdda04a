import Ports

/// One simulated thing behind one real port.
public protocol ServedLink: AnyObject {
  /// Name in the rig file.
  var name: String { get }
  /// What another process writes into its rig file, e.g. `tcp://127.0.0.1:7000`.
  var address: String { get }
  /// For people: what it is and what it can bear, e.g. "raw socket, 1 client".
  var words: String { get }
  /// Serves until the world stops.
  /// - Throws: What keeps it from going on; a client's errors end that client's session only.
  func serve() async throws
}

/// Everything of a rig that is served at once.
public final class RigService {
  private let plant: LivePlant
  private let links: [any ServedLink]

  public init(plant: LivePlant, links: [any ServedLink]) {
    self.plant = plant
    self.links = links
  }

  /// Serves until the world stops or the task is cancelled.
  /// - Throws: `PortError` when a link cannot go on; a stop is no error.
  public func run() async throws {
    let everything = Confined((plant, links))
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await everything.value.0.follow() }
        for index in everything.value.1.indices {
          group.addTask { try await everything.value.1[index].serve() }
        }
        try await group.waitForAll()
      }
    } catch is WorldStopped {
    } catch is CancellationError {
    } catch let error as PortError where error.code == .stopped {
    }
  }
}
