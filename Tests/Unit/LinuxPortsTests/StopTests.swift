import Foundation
import Ports
import Testing

@testable import LinuxPorts

/// Signals belong to the whole process: one test at a time.
@Suite(.serialized, .timeLimit(.minutes(1))) struct StopTests {
  @Test(arguments: [
    (SIGINT, "Ctrl-C"), (SIGQUIT, "Ctrl-\\"), (SIGTERM, "told to end by the computer (SIGTERM)"),
    (SIGHUP, "the terminal was closed (SIGHUP)"),
  ])
  func `a signal ends a sleep in progress and says why`(number: Int32, words: String) throws {
    try LinuxWorld.run { world in
      #expect(world.stopRequested == nil)
      // The child runs when the parent waits: everything is on one thread.
      async let sent = Self.send(number)
      let stop = await #expect(throws: WorldStopped.self) { try await world.sleep(for: .seconds(600)) }
      #expect(stop?.reason == words)
      #expect(world.stopRequested == words)
      _ = await sent
    }
  }

  @Test func `a pending stop ends waits before they begin, whatever their deadline`() throws {
    try LinuxWorld.run { world in
      Self.send(SIGTERM, untilSeenBy: world)
      await #expect(throws: WorldStopped.self) { try await world.sleep(until: .start) }
      let peer = try Peer()
      let error = try await portError {
        _ = try await world.openStream(peer.address, deadline: world.now.patient)
      }
      #expect(error.code == .stopped)
    }
  }

  @Test func `a stop ends a receive in progress`() throws {
    let peer = try Peer { _ = $0.read(1) }
    try LinuxWorld.run { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      async let sent = Self.send(SIGINT)
      let error = try await portError { _ = try await port.receive(deadline: world.now + .seconds(600)) }
      #expect(error.code == .stopped)
      #expect(error.cause == "Ctrl-C")
      _ = await sent
    }
  }

  @Test func `while stops are held waits and exchanges go on, and a second Ctrl-C is noted`() throws {
    let peer = try Peer { $0.send($0.read(4)) }
    try LinuxWorld.run { world in
      let port = try await world.openStream(peer.address, deadline: world.now.patient)
      Self.send(SIGINT, untilSeenBy: world)
      #expect(world.stopRequested == "Ctrl-C")
      world.holdStops = true
      try await world.sleep(for: .milliseconds(2))
      async let sent = Self.send(SIGINT)
      _ = await sent
      while world.stopNotes.count < 2 { try await world.sleep(for: .milliseconds(1)) }
      try await port.send(Array("safe".utf8), deadline: world.now.patient)
      #expect(try await port.receive(4, deadline: world.now.patient) == Array("safe".utf8))
      #expect(world.stopNotes.map(\.reason) == ["Ctrl-C", "Ctrl-C"])
      #expect(world.stopNotes[0].at <= world.stopNotes[1].at)
      world.holdStops = false
      await #expect(throws: WorldStopped.self) { try await world.sleep(for: .seconds(600)) }
    }
  }

  @Test func `a stop that another task saw first ends the sleepers all the same`() throws {
    try LinuxWorld.run { world in
      let executor = world.executor
      let end = await withTaskGroup(of: WaitEnd.self) { group in
        group.addTask {
          await executor.wait(for: .post, until: executor.start + 600_000_000_000, cancellable: true)
        }
        // The child sleeps when it has had a few turns.
        for _ in 0..<10 { await Task.yield() }
        Self.send(SIGTERM, untilSeenBy: world)
        return await group.next()
      }
      #expect(end == .stopped)
    }
  }

  @Test func `a stop held back costs no processor time while the safe state waits`() throws {
    try LinuxWorld.run { world in
      world.holdStops = true
      async let sent = Self.send(SIGINT)
      let before = Self.threadSeconds()
      try await world.sleep(for: .milliseconds(200))
      #expect(Self.threadSeconds() - before < 0.1)
      #expect(world.stopRequested == "Ctrl-C")
      _ = await sent
    }
  }

  @Test func `the first reason stays the reason and the notes are bounded`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      world.stopHandle.request("E-stop of the station")
      for _ in 0..<1000 { world.stopHandle.request("again") }
      #expect(world.stopRequested == "E-stop of the station")
      #expect(world.stopNotes.count == StopRequests.noteLimit)
    }
  }

  @Test func `another thread can ask for a stop`() throws {
    try LinuxWorld.run(takesSignals: false) { world in
      let handle = world.stopHandle
      Thread.detachNewThread { handle.request("E-stop of the station") }
      let stop = await #expect(throws: WorldStopped.self) { try await world.sleep(for: .seconds(600)) }
      #expect(stop?.reason == "E-stop of the station")
    }
  }

  @Test func `a world started with its signals blocked hears them all the same`() throws {
    var blocked = sigset_t()
    var before = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try LinuxWorld.run { world in
      raise(SIGTERM)
      #expect(world.stopRequested != nil)
    }
  }

  @Test func `a reader that went away does not kill the process`() throws {
    try LinuxWorld.run { world in
      kill(getpid(), SIGPIPE)
      try await world.sleep(for: .milliseconds(1))
      #expect(world.stopRequested == nil)
    }
  }

  @Test func `only one world at a time has the signals, and it gives them back`() throws {
    @Sendable func handlerIsDefault() -> Bool {
      var action = sigaction()
      sigaction(SIGTERM, nil, &action)
      return action.__sigaction_handler.sa_handler == nil
    }
    #expect(handlerIsDefault())
    try LinuxWorld.run { _ in
      #expect(!handlerIsDefault())
      let error = try await portError { try LinuxWorld.run { _ in } }
      #expect(error.code == .busy)
    }
    #expect(handlerIsDefault())
    try LinuxWorld.run { world in #expect(world.stopRequested == nil) }
  }

  /// The kernel picks the thread that runs the handler, so the signal may arrive a moment after it was sent.
  private static func send(_ number: Int32, untilSeenBy world: LinuxWorld) {
    kill(getpid(), number)
    let patient = world.now.patient
    while world.stopRequested == nil, world.now < patient { sched_yield() }
  }

  /// Processor time of this thread.
  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func send(_ number: Int32) async { kill(getpid(), number) }
}
