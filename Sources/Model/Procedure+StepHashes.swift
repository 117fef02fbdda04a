extension Procedure {
  /// SHA-256 over kind and parameters of each step, by its id. Titles, limits and places in the file do not count:
  /// steps with one hash do the same.
  public var stepHashes: [String: String] {
    var hashes: [String: String] = [:]
    for step in allPhases.flatMap(\.steps) {
      let text = step.kind + "\n" + DocumentValue.canonical(step.parameters)
      hashes[step.id] = SHA256.hex(of: Array(text.utf8))
    }
    return hashes
  }
}

extension DocumentValue {
  /// The value without places; keys of tables in ascending order.
  fileprivate var canonical: String {
    switch self {
    case .scalar(let text, _): "\(text.utf8.count):\(text)"
    case .list(let items, _): "[" + items.map(\.canonical).joined(separator: ",") + "]"
    case .table(let entries, _): Self.canonical(entries)
    }
  }

  fileprivate static func canonical(_ entries: [DocumentEntry]) -> String {
    let parts = entries.sorted { $0.key < $1.key }.map {
      "\($0.key.utf8.count):\($0.key)=\($0.value.canonical)"
    }
    return "{" + parts.joined(separator: ",") + "}"
  }
}
