/// A simulated instrument that can say how many of its outputs are on: what a witness at the instruments would see.
public protocol OutputReporting: AnyObject {
  /// Outputs that are on now, whatever they are set to.
  var outputsOn: Int { get }
}

/// A twin whose model-specific half is another object.
public protocol OutputReportingHost: InstrumentTwin {
  /// nil for a model without outputs.
  var outputReporter: (any OutputReporting)? { get }
}
