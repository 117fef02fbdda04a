import LinuxPorts
import Ports
import Simulation

/// A twin behind HiSLIP: two TCP connections make one session.
public final class HiSLIPService: ServedLink {
  public let name: String
  public var address: String {
    "hislip://\(service.listener.host):\(service.listener.port)/\(HiSLIPMessage.usualPart)"
  }
  public var words: String { "HiSLIP, \(service.sessionMax) sessions" }
  private let service: Sessions

  public init(
    name: String, twin: any InstrumentTwin, plant: LivePlant, listener: TCPListener, sessionMax: Int,
    world: LinuxWorld
  ) {
    self.name = name
    // One connection more: somebody must be there to tell a client that all sessions are taken.
    service = Sessions(listener: listener, world: world, clientMax: sessionMax * 2 + 1)
    service.sessionMax = sessionMax
    service.makeTalk = { Conversation(plant: plant, twin: twin) }
  }

  public func serve() async throws { try await service.serve() }

  /// One session: what both of its connections share.
  private final class Session {
    var machine: HiSLIPServerMachine
    let talk: Conversation
    let sync: any StreamPort
    var async: (any StreamPort)?
    init(_ machine: HiSLIPServerMachine, _ talk: Conversation, sync: any StreamPort) {
      self.machine = machine
      self.talk = talk
      self.sync = sync
    }
    func close() {
      sync.close()
      async?.close()
    }
  }

  private final class Sessions: SessionService {
    var makeTalk: (() -> Conversation)!
    var sessionMax = 1
    private var sessions: [UInt16: Session] = [:]
    private var lastSession: UInt16 = 0

    /// The first message tells which of a session's two connections this is.
    override func converse(_ client: any StreamPort) async throws(PortError) {
      var framing = HiSLIPMessage.Framing(payloadMax: HiSLIPServerMachine.sizeMax)
      do {
        let first = try await next(&framing, client, until: world.now + Self.patience)
        switch first.kind {
        case .initialize: try await serveSync(client, &framing, part: first.payload)
        case .asyncInitialize:
          try await serveAsync(client, &framing, session: UInt16(truncatingIfNeeded: first.parameter))
        default: throw HiSLIPFault(.poorInitialization, "a session begins with Initialize or AsyncInitialize")
        }
      } catch let fault as HiSLIPFault {
        try await send(fault.message, client)
      } catch let error as PortError { throw error } catch {}
    }

    private func serveSync(_ client: any StreamPort, _ framing: inout HiSLIPMessage.Framing, part: [UInt8])
      async throws
    {
      let asked = String(decoding: part, as: UTF8.self)
      guard asked == HiSLIPMessage.usualPart else {
        throw HiSLIPFault(
          .poorInitialization, "there is no '\(asked)' here, only '\(HiSLIPMessage.usualPart)'")
      }
      guard sessions.count < sessionMax else {
        throw HiSLIPFault(.tooManyClients, "all \(sessionMax) sessions are taken")
      }
      lastSession &+= 1
      let session = Session(HiSLIPServerMachine(session: lastSession), makeTalk(), sync: client)
      sessions[lastSession] = session
      let key = lastSession
      defer {
        session.close()
        sessions[key] = nil
      }
      try await send(session.machine.welcome, client)
      while true {
        while let reply = session.talk.takeDue(at: world.now) {
          let bytes = session.machine.response(reply.bytes, number: reply.tag)
          try await client.send(bytes, deadline: world.now + Self.patience)
        }
        let message: HiSLIPMessage
        do { message = try await next(&framing, client, until: session.talk.nextDue ?? .distantFuture) } catch
        {
          guard (error as? PortError)?.code == .deadline else { throw error }
          continue
        }
        try await perform(session.machine.heardSync(message, hasReplies: session.talk.hasReplies), session)
      }
    }

    private func serveAsync(
      _ client: any StreamPort, _ framing: inout HiSLIPMessage.Framing, session key: UInt16
    ) async throws {
      guard let session = sessions[key], session.async == nil else {
        throw HiSLIPFault(.poorInitialization, "there is no session \(key) to join")
      }
      session.async = client
      defer { session.close() }
      try await send(HiSLIPServerMachine.joined, client)
      while true {
        let message = try await next(&framing, client, until: .distantFuture)
        try await perform(session.machine.heardAsync(message, hasReplies: session.talk.hasReplies), session)
      }
    }

    private func perform(_ actions: [HiSLIPServerMachine.Action], _ session: Session) async throws {
      for action in actions {
        switch action {
        case .onSync(let message): try await send(message, session.sync)
        case .onAsync(let message): if let async = session.async { try await send(message, async) }
        case .deliver(let command, let number): session.talk.hear(message: command, tag: number)
        case .dropReplies: session.talk.dropReplies()
        case .clear: session.talk.clear()
        case .end: throw CancellationError()
        }
      }
    }

    private func next(
      _ framing: inout HiSLIPMessage.Framing, _ client: any StreamPort, until deadline: WorldInstant
    ) async throws -> HiSLIPMessage {
      while true {
        if let message = try framing.next() { return message }
        let bytes = try await client.receive(deadline: deadline)
        framing.add(bytes)
      }
    }

    private func send(_ message: HiSLIPMessage, _ client: any StreamPort) async throws(PortError) {
      try await client.send(message.bytes, deadline: world.now + Self.patience)
    }
  }
}
