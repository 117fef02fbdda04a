import Ports

/// What a guard does when its controller is gone: plain bytes and numbers, nothing that needs a driver.
///
/// All switching off happens at once, on every link at the same time. Then the steps are walked in order: what has to
/// wait for something (a current that falls, a contactor that must not open under load) stands in them.
public struct GuardPlan: Hashable, Sendable {
  /// One connection of the guard's own.
  public struct Link: Hashable, Sendable {
    public enum Medium: String, Hashable, Sendable, CaseIterable { case stream, messages, lines }
    /// Name in the rig file.
    public var name: String
    public var address: PortAddress
    public var medium: Medium
    /// True when the instrument bears a second client: opened before the run energises anything. Otherwise taken when
    /// the controller has let go of it.
    public var isShared: Bool
    /// Shortest time between two messages.
    public var gap: Interval
    public init(name: String, address: PortAddress, medium: Medium, isShared: Bool, gap: Interval) {
      self.name = name
      self.address = address
      self.medium = medium
      self.isShared = isShared
      self.gap = gap
    }
  }

  /// A question and what its answer must be.
  public struct Look: Hashable, Sendable {
    /// Sent before the first question, e.g. what a voltmeter shall scan.
    public var prepare: [[UInt8]]
    public var question: [UInt8]
    public var expected: GuardExpectation
    public init(prepare: [[UInt8]] = [], question: [UInt8], expected: GuardExpectation) {
      self.prepare = prepare
      self.question = question
      self.expected = expected
    }
  }

  /// What one link is told, and what then proves it.
  public struct Order: Hashable, Sendable {
    /// Index in `links`.
    public var link: Int
    /// Whole messages without an answer, in order.
    public var messages: [[UInt8]]
    public var looks: [Look]
    public init(link: Int, messages: [[UInt8]], looks: [Look]) {
      self.link = link
      self.messages = messages
      self.looks = looks
    }
  }

  /// A digital output that is taken and held at a level.
  public struct Drive: Hashable, Sendable {
    public var link: Int
    public var line: Int
    public var level: Bool
    public init(link: Int, line: Int, level: Bool) {
      self.link = link
      self.line = line
      self.level = level
    }
  }

  /// One step of the rig's safe-state sequence.
  public struct Step: Hashable, Sendable {
    /// As in the rig file, e.g. `loop-off`.
    public var name: String
    /// How long its proof may take.
    public var within: Interval
    /// How long the next step is held back while the waits are not met, when that is longer than `within`: a source
    /// that cannot be told to stop has its own watchdog, and a contactor must not open before it.
    public var hold: Interval
    /// What no instrument of the rig can show, in words; the step is never confirmed then.
    public var lack: String
    /// Sent at once, whatever step they belong to.
    public var orders: [Order]
    /// Outputs that change when the walk comes to this step, or together with all orders.
    public var drives: [Drive]
    /// The outputs wait for nothing. Never true of what must not open under load.
    public var drivesAtOnce: Bool
    /// Inputs that must then show a level, e.g. the mirror contact of a contactor.
    public var senses: [Drive]
    /// Asked again and again until the answer is as expected: what the walk waits for.
    public var waits: [Order]
    public init(
      name: String, within: Interval, hold: Interval = .zero, lack: String = "", orders: [Order] = [],
      drives: [Drive] = [], drivesAtOnce: Bool = false, senses: [Drive] = [], waits: [Order] = []
    ) {
      self.name = name
      self.within = within
      self.hold = hold
      self.lack = lack
      self.orders = orders
      self.drives = drives
      self.drivesAtOnce = drivesAtOnce
      self.senses = senses
      self.waits = waits
    }
  }

  public var run: String
  /// Longest time between two beats.
  public var silence: Interval
  /// File for the proof; empty: none is written.
  public var proofPath: String
  /// Line that changes its level with every beat; what it feeds drops out when it stands still.
  public var permit: Drive?
  public var links: [Link]
  public var steps: [Step]

  public init(
    run: String, silence: Interval, proofPath: String, permit: Drive? = nil,
    links: [Link], steps: [Step]
  ) {
    self.run = run
    self.silence = silence
    self.proofPath = proofPath
    self.permit = permit
    self.links = links
    self.steps = steps
  }
}
