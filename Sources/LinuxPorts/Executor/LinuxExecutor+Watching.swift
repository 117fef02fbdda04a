extension LinuxExecutor {
  /// Lets a library of callbacks live in the loop: `handler` runs on the owner's thread, between jobs, whenever the
  /// non-blocking descriptor has changed, whether or not anybody waits. Changes are reported once: the handler goes on
  /// until nothing is left.
  /// - Returns: the id for `unwatch`.
  func watchChanges(_ descriptor: Int32, _ handler: @escaping () -> Void) throws(SystemError) -> UInt64 {
    let id = try poller.add(descriptor)
    watched[id] = handler
    return id
  }

  func unwatch(_ id: UInt64, _ descriptor: Int32) {
    poller.remove(descriptor)
    watched[id] = nil
  }
}
