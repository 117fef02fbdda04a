import Model

/// What became of reading a file: the value, or everything that is wrong with the file.
public struct DocumentReading<Value: Sendable>: Sendable {
  /// nil exactly when there are findings.
  public let value: Value?
  /// In the order of the files.
  public let findings: [Finding]

  public init(_ value: Value) {
    self.value = value
    self.findings = []
  }

  /// - Parameter findings: At least one.
  public init(findings: [Finding]) {
    precondition(!findings.isEmpty, "a failed reading needs a finding")
    self.value = nil
    self.findings = findings.sorted()
  }

  /// The value when nothing is wrong.
  init(_ value: Value?, findings: [Finding]) {
    if let value, findings.isEmpty { self.init(value) } else { self.init(findings: findings) }
  }
}
