import Foundation
import Testing

@Suite struct `Imports between modules` {
  /// The arrows as the package manifest declares them.
  static let arrows: [String: Set<String>] = {
    let text = SourceTree.manifest.text
    let begin = text.range(of: "let arrows")!.upperBound
    let end = text.range(of: "let tests:")!.lowerBound
    var arrows: [String: Set<String>] = [:]
    for match in text[begin..<end].matches(of: /\(\s*"([\w\-]+)",\s*\[([^\]]*)\]\s*\)/) {
      arrows[String(match.1)] = Set(match.2.matches(of: /"(\w+)"/).map { String($0.1) })
    }
    return arrows
  }()

  /// Modules that do not come from this package, and who may use them.
  static let outside: [String: Set<String>] = [
    "GRDB": ["Store"], "ArgumentParser": ["bmsrig"],
    "Foundation": ["Documents", "Store", "Studies", "Reports", "bmsrig", "bmsrig-bench"],
    "Glibc": ["LinuxPorts", "Store", "bmsrig", "bmsrig-bench", "bmsrig-guard", "Simulation"],
    "Synchronization": ["LinuxPorts", "Rigging"],
    // For the runtime's own threads alone; work of ours is the executor's.
    "Dispatch": ["LinuxPorts"],
  ]

  /// Modules in C, or whose headers are.
  static let foreign: Set<String> = ["CLibUSB", "CLibYAML", "CLinuxPorts", "CSystemBus"]

  static func imports(_ file: SourceTree.File) -> [String] {
    file.lines.filter { $0.contains("import ") }.compactMap { line in
      line.firstMatch(of: /^\s*(?:@\w+\s+|public\s+|private\s+|internal\s+)*import\s+(?:\w+\s+)?(\w+)/).map {
        String($0.1)
      }
    }
  }

  @Test func `are read from the manifest`() {
    #expect(Self.arrows.count >= 16)
    #expect(Self.arrows["Ports"] == [])
    #expect(Self.arrows["Capabilities"] == ["Ports", "Quantities"])
    #expect(Set(SourceTree.folders(in: "Sources")) == Set(Self.arrows.keys).union(Self.foreign))
  }

  @Test(arguments: SourceTree.sources) func `follow the declared arrows`(_ file: SourceTree.File) {
    let allowed = Self.arrows[file.module] ?? []
    for name in Self.imports(file) {
      if let users = Self.outside[name] {
        #expect(users.contains(file.module), "\(file.path) imports \(name)")
      } else {
        #expect(allowed.contains(name), "\(file.path) imports \(name), which is no arrow of \(file.module)")
      }
    }
  }

  @Test func `use every arrow`() {
    for (module, allowed) in Self.arrows.sorted(by: { $0.key < $1.key }) {
      let used = Set(SourceTree.sources.filter { $0.module == module }.flatMap(Self.imports))
      #expect(allowed.subtracting(used).isEmpty, "\(module) declares arrows it does not use")
    }
  }

  @Test func `form no circle`() {
    var layers = Self.foreign
    var rest = Self.arrows
    while !rest.isEmpty {
      let ready = rest.filter { $0.value.isSubset(of: layers) }.keys
      guard !ready.isEmpty else {
        Issue.record("a circle among \(rest.keys.sorted())")
        return
      }
      layers.formUnion(ready)
      for name in Array(ready) { rest[name] = nil }
    }
  }

  @Test func `name tests that exist`() {
    for match in SourceTree.manifest.text.matches(of: /"(Tests\/[\w\/]+)"/) {
      #expect(!SourceTree.swiftFiles(under: String(match.1)).isEmpty, "\(match.1) is empty")
    }
  }
}
