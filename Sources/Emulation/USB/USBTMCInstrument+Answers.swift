import Ports

extension USBTMCInstrument {
  /// Answers the open request once there is something to say.
  func answer(at now: WorldInstant) {
    guard let request, let first = answers.first, first.due <= now else { return }
    let deviation = takeDeviation(ofCommands: false)
    if case .lateAnswer(let delay) = deviation {
      answers[0].due = now + delay
      return
    }
    if deviation == .stallsAnswer {
      output.append(.halt(endpoint: Self.incoming))
      self.request = nil
      return
    }
    if let part = habits.blockPart, first.bytes.count > part {
      self.request = nil
      answerInPart(first.bytes, part, tag: request.tag)
      return
    }
    let piece = first.bytes.prefix(min(request.size, habits.transferSizeMax ?? request.size))
    let isLast = piece.count == first.bytes.count
    if isLast { answers.removeFirst() } else { answers[0].bytes.removeFirst(piece.count) }
    self.request = nil
    give(transfer(piece, tag: request.tag, isLast: isLast, asked: request.size, deviation), deviation)
  }

  private func transfer(
    _ piece: ArraySlice<UInt8>, tag: UInt8, isLast: Bool, asked: Int, _ deviation: USBTMCDeviation?
  ) -> [UInt8] {
    let tag = deviation == .wrongTag ? (tag == 1 ? 255 : tag - 1) : tag
    let size = deviation == .oversize ? asked + 1 : piece.count
    var bytes: [UInt8] = [deviation == .wrongMessage ? 127 : 2, tag, ~tag, 0]
    bytes += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: UInt32(size) >> $0) }
    bytes += [isLast ? 1 : 0, 0, 0, 0] + piece
    while bytes.count % 4 != 0 { bytes.append(0) }
    switch deviation {
    case .truncatedHeader: return Array(bytes.prefix(7))
    case .shortPacket, .pull: return Array(bytes.prefix(12 + piece.count / 2))
    default: return bytes
    }
  }

  private func give(_ bytes: [UInt8], _ deviation: USBTMCDeviation?) {
    if habits.leadsWithEmptyPacket {
      output.append(.transfer(endpoint: Self.incoming, bytes: [], forgetsEmptyPacket: false))
    }
    // A pulled cable leaves the host without the end of the transfer.
    if deviation == .pull {
      output.append(.pull)
      return
    }
    output.append(
      .transfer(endpoint: Self.incoming, bytes: bytes, forgetsEmptyPacket: habits.forgetsEmptyPackets))
  }

  /// The habit of some oscilloscopes: one header for the first part, the rest bare.
  private func answerInPart(_ bytes: [UInt8], _ part: Int, tag: UInt8) {
    answers.removeFirst()
    give(transfer(bytes.prefix(part), tag: tag, isLast: true, asked: part, nil), nil)
    output.append(
      .transfer(
        endpoint: Self.incoming, bytes: Array(bytes.dropFirst(part)),
        forgetsEmptyPacket: habits.forgetsEmptyPackets))
  }

  // MARK: the control endpoint

  private enum Status {
    static let success: UInt8 = 0x01
    static let failed: UInt8 = 0x80
    static let notInProgress: UInt8 = 0x81
  }

  public func control(_ setup: USBSetup, _ bytes: [UInt8], at now: WorldInstant) -> [UInt8]? {
    let tag = UInt8(truncatingIfNeeded: setup.value)
    switch (setup.type, setup.request) {
    case (0xA2, 1): return abortCommand(tag)
    case (0xA2, 2): return [Status.success, 0, 0, 0] + little(abortedCount)
    case (0xA2, 3): return abortAnswer(tag)
    case (0xA2, 4): return [Status.success, 0, 0, 0] + little(0)
    case (0xA1, 5): return clear(at: now)
    case (0xA1, 6): return [Status.success, 0]
    case (0xA1, 7): return Self.capabilities
    case (0xA1, 64), (0xA1, 160), (0xA1, 161), (0xA1, 162): return [Status.success]
    case (0xA1, 128): return statusByte(tag, at: now)
    default: return nil
    }
  }

  /// USBTMC 1.0 with indicator pulse; USB488 1.0 with 488.2, remote and local, trigger, SCPI, RL1, DT1.
  private static let capabilities: [UInt8] =
    [Status.success, 0, 0x00, 0x01, 0x04, 0x00] + [UInt8](repeating: 0, count: 6)
    + [0x00, 0x01, 0x07, 0x0B] + [UInt8](repeating: 0, count: 8)

  private func abortCommand(_ tag: UInt8) -> [UInt8] {
    guard !input.isEmpty || !message.isEmpty else { return [Status.failed, lastTag] }
    guard tag == lastTag else { return [Status.notInProgress, lastTag] }
    abortedCount = UInt32(input.count + message.count)
    input = []
    message = []
    return [Status.success, tag]
  }

  private func abortAnswer(_ tag: UInt8) -> [UInt8] {
    guard let request else { return [Status.failed, lastTag] }
    guard request.tag == tag else { return [Status.notInProgress, request.tag] }
    self.request = nil
    // The transfer ends with a short packet all the same.
    output.append(.transfer(endpoint: Self.incoming, bytes: [], forgetsEmptyPacket: false))
    return [Status.success, tag]
  }

  private func clear(at now: WorldInstant) -> [UInt8]? {
    guard !habits.refusesClear else { return nil }
    clearCount += 1
    input = []
    message = []
    answers = []
    request = nil
    output.append(.flush(endpoint: Self.incoming))
    twin.clear(at: now)
    return [Status.success]
  }

  /// Bit 4: an answer waits. With an interrupt endpoint the byte goes there.
  private func statusByte(_ tag: UInt8, at now: WorldInstant) -> [UInt8] {
    let status: UInt8 = answers.first.map { $0.due <= now } == true ? 0x10 : 0
    output.append(
      .transfer(endpoint: Self.interrupt, bytes: [0x80 | tag, status], forgetsEmptyPacket: true))
    return [Status.success, tag, 0]
  }

  private func little(_ number: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
