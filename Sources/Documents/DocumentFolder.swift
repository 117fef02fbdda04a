import Foundation

/// Folders of documents, read in an order that does not depend on the machine.
public enum DocumentFolder {
  /// Paths of the YAML files of a folder by name; empty when it cannot be read.
  public static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted().map { folder + "/" + $0 }
  }

  /// The folder that holds the folder of a file: `Procedures` for `Procedures/Specification/x.yaml`.
  public static func above(_ path: String) -> String {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else { return ".." }
    parts.removeLast(2)
    return parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
  }
}
