import Model

/// Turns the events of a YAML text into document values. What no file of ours needs is refused at its first event,
/// before it costs anything: anchors, aliases, tags, keys that are lists or tables, too much depth.
struct YAMLComposer {
  /// Tables and lists inside each other; ours need fewer than ten.
  static let depthMax = 32

  private let events: YAMLEvents

  /// The one document of a text (UTF-8).
  static func compose(_ text: ArraySlice<UInt8>, file: String) throws(YAMLRefusal) -> DocumentValue {
    let result = text.withUnsafeBufferPointer { bytes in
      Result { () throws(YAMLRefusal) in
        try YAMLComposer(events: YAMLEvents(bytes, file: file)).document(file: file)
      }
    }
    return try result.get()
  }

  private func document(file: String) throws(YAMLRefusal) -> DocumentValue {
    _ = try events.next()  // The stream begins.
    guard try events.next().kind == .documentBegin else {
      throw YAMLRefusal(
        .start(of: file), "the file holds nothing but comments",
        "it may have been cut off while it was written")
    }
    let root = try value(events.next(), depth: 0)
    _ = try events.next()  // The document ends.
    let end = try events.next()
    guard end.kind == .streamEnd else {
      throw YAMLRefusal(
        end.place, "this is not one YAML document: another begins here", "write one document per file")
    }
    return root
  }

  private func value(_ event: YAMLEvent, depth: Int) throws(YAMLRefusal) -> DocumentValue {
    guard depth <= Self.depthMax else {
      throw YAMLRefusal(
        event.place, "tables and lists stand deeper than \(Self.depthMax) levels inside each other", "")
    }
    try checkPlain(event)
    switch event.kind {
    case .word(let text): return .scalar(text, event.place)
    case .listBegin: return .list(try items(depth: depth), event.place)
    default: return .table(try entries(depth: depth), event.place)
    }
  }

  private func items(depth: Int) throws(YAMLRefusal) -> [DocumentValue] {
    var values: [DocumentValue] = []
    var event = try events.next()
    while event.kind != .listEnd {
      values.append(try value(event, depth: depth + 1))
      event = try events.next()
    }
    return values
  }

  private func entries(depth: Int) throws(YAMLRefusal) -> [DocumentEntry] {
    var entries: [DocumentEntry] = []
    var lines: [String: Int] = [:]
    var event = try events.next()
    while event.kind != .tableEnd {
      try checkPlain(event)
      guard case .word(let key) = event.kind else {
        throw YAMLRefusal(event.place, "a key must be one word", "write 'key: value'")
      }
      if let line = lines.updateValue(event.place.line, forKey: key) {
        throw YAMLRefusal(
          event.place, "key '\(key)' is written more than once in one table, first in line \(line)",
          "keep one of them")
      }
      let value = try value(events.next(), depth: depth + 1)
      entries.append(DocumentEntry(key: key, keyPlace: event.place, value: value))
      event = try events.next()
    }
    return entries
  }

  private func checkPlain(_ event: YAMLEvent) throws(YAMLRefusal) {
    guard !event.hasAnchor, event.kind != .alias else {
      throw YAMLRefusal(
        event.place, "anchors and aliases are not read here", "write every value where it is used")
    }
    guard !event.hasTag else {
      throw YAMLRefusal(
        event.place, "tags are not read here", "leave out the '!' word, or put the text in quotes")
    }
  }
}
