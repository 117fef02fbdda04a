import Foundation

/// A folder of YAML files, with the folders inside it.
public enum DocumentTree {
  /// More are hardly a catalogue that people wrote.
  static let countMax = 10_000

  /// - Returns: Paths of all `.yaml` files relative to the folder, in alphabetical order; nil when the folder cannot be
  ///   read. Hidden files and folders are left out.
  public static func yamlFiles(in folder: String) -> [String]? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue,
      let names = FileManager.default.enumerator(atPath: folder)
    else { return nil }
    var files: [String] = []
    for case let name as String in names where files.count < countMax {
      let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
      if !isHidden, name.hasSuffix(".yaml") { files.append(name) }
    }
    return files.sorted()
  }
}
