// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Versions of third-party packages, pinned here and nowhere else.
let packages: [Package.Dependency] = [
  .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
]

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// The whole list of allowed imports between our modules. `Tests/Tidy` compares it with the sources.
let arrows: [(module: String, imports: [String])] = [
  ("Quantities", []),
  ("Ports", []),
  ("Model", ["Quantities"]),
  ("Documents", ["Model", "Quantities"]),
  ("Capabilities", ["Ports", "Quantities"]),
  ("CellModel", ["Quantities"]),
  ("Simulation", ["Ports", "Quantities"]),
  ("Instruments", ["Capabilities", "Ports", "Quantities", "Simulation"]),
  ("DUT", ["Capabilities", "Ports", "Quantities", "Simulation"]),
  ("Engine", ["Capabilities", "Model", "Ports", "Quantities"]),
  ("Steps", ["Capabilities", "CellModel", "Engine", "Model", "Ports", "Quantities"]),
  ("Store", ["Model", "Quantities"]),
  ("Reports", ["Model", "Quantities"]),
  ("LinuxPorts", ["Ports"]),
  ("TestKit", ["Capabilities", "Instruments", "Ports", "Quantities", "Simulation"]),
  (
    "Rigging",
    [
      "Capabilities", "Documents", "DUT", "Engine", "Instruments", "Model", "Ports", "Quantities",
      "Simulation",
      "Steps", "Store",
    ]
  ),
]

/// External products a module may use.
let products: [String: [Target.Dependency]] = [
  "Documents": [yams],
  "Store": [grdb],
]

let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }
func present(_ names: [String]) -> [Target.Dependency] {
  names.filter { exists("Sources/\($0)") }.map { .byName(name: $0) }
}

var targets: [Target] = []
for (module, imports) in arrows where exists("Sources/\(module)") {
  targets.append(
    .target(
      name: module, dependencies: present(imports) + (products[module] ?? []), swiftSettings: settings))
  if exists("Tests/Unit/\(module)Tests") {
    targets.append(
      .testTarget(
        name: "\(module)Tests", dependencies: present([module] + imports) + present(["TestKit"]),
        path: "Tests/Unit/\(module)Tests", swiftSettings: settings))
  }
}

if exists("Sources/bmsrig") {
  targets.append(
    .executableTarget(
      name: "bmsrig",
      dependencies: present([
        "Capabilities", "DUT", "Documents", "Engine", "Instruments", "LinuxPorts", "Model", "Ports", "Quantities",
        "Reports", "Rigging", "Simulation", "Steps", "Store",
      ]) + [arguments], swiftSettings: settings))
}

let package = Package(
  name: "bmsrig",
  dependencies: packages,
  targets: targets,
  swiftLanguageModes: [.v6]
)
