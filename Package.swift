// swift-tools-version: 6.2
import PackageDescription

// Versions of third-party packages, pinned here and nowhere else.
let packages: [Package.Dependency] = [
  .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
]

/// External products, and the one module that may use each.
let products: [String: [Target.Dependency]] = [
  "Store": [.product(name: "GRDB", package: "GRDB.swift")],
  "bmsrig": [.product(name: "ArgumentParser", package: "swift-argument-parser")],
]

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// What every simulated second of every test passes through. Optimised in debug builds, too, with all checks left in:
/// the suite takes a third of the time.
let hot: Set<String> = [
  "CellModel", "DUT", "Engine", "Instruments", "Model", "Ports", "Quantities", "Simulation", "Store",
]

func settings(of module: String) -> [SwiftSetting] {
  settings + (hot.contains(module) ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : [])
}

/// The whole list of allowed imports between our modules; `Tests/Tidy` compares it with the sources.
let arrows: [(module: String, imports: [String])] = [
  ("Quantities", []),
  ("Ports", []),
  ("Modbus", ["Ports"]),
  ("Guarding", ["Ports"]),
  ("CellModel", ["Quantities"]),
  ("Model", ["Quantities"]),
  ("DBC", []),
  ("Captures", ["Model", "Ports"]),
  ("Documents", ["CLibYAML", "Model", "Quantities"]),
  ("Capabilities", ["Ports", "Quantities"]),
  ("Simulation", ["Guarding", "Ports"]),
  ("Instruments", ["Capabilities", "Modbus", "Ports", "Quantities", "Simulation"]),
  ("DUT", ["Capabilities", "DBC", "Modbus", "Ports", "Quantities", "Simulation"]),
  ("Engine", ["Capabilities", "Model", "Ports", "Quantities"]),
  ("Steps", ["Capabilities", "CellModel", "Engine", "Model", "Ports", "Quantities"]),
  ("Store", ["Model", "Quantities"]),
  ("Reports", ["Model", "Quantities"]),
  ("LinuxPorts", ["CLibUSB", "CLinuxPorts", "CSystemBus", "Ports"]),
  ("Emulation", ["Ports", "Simulation"]),
  ("Serving", ["Emulation", "LinuxPorts", "Ports", "Simulation"]),
  (
    "Rigging",
    [
      "Capabilities", "DBC", "DUT", "Documents", "Engine", "Guarding", "Instruments", "Model", "Ports",
      "Quantities",
      "Simulation",
      "Steps", "Store",
    ]
  ),
  ("Studies", ["Documents", "Engine", "Model", "Quantities", "Rigging"]),
  (
    "bmsrig",
    [
      "Captures", "DBC",
      "DUT", "Documents", "Engine", "Instruments", "LinuxPorts", "Model", "Ports", "Quantities", "Reports",
      "Rigging", "Serving",
      "Simulation", "Steps", "Store", "Studies",
    ]
  ),
  (
    "bmsrig-bench",
    [
      "CLinuxPorts", "Capabilities", "DBC", "DUT", "Engine", "Instruments", "LinuxPorts", "Model", "Ports",
      "Quantities", "Rigging", "Simulation", "Steps", "Store",
    ]
  ),
  ("bmsrig-guard", ["CLinuxPorts", "Guarding", "LinuxPorts", "Ports"]),
  ("TestKit", ["Capabilities", "Instruments", "Ports", "Quantities", "Simulation"]),
]

/// Test bundles: name, folder, and what they import beside the module they are named after.
let tests: [(name: String, path: String, imports: [String])] = [
  ("CellModelTests", "Tests/Unit/CellModelTests", ["CellModel", "Quantities"]),
  (
    "DUTTests", "Tests/Unit/DUTTests",
    ["DUT", "Capabilities", "DBC", "Modbus", "Ports", "Quantities", "Simulation"]
  ),
  ("DocumentsTests", "Tests/Unit/DocumentsTests", ["Documents", "Model", "Quantities"]),
  (
    "EmulationTests", "Tests/Unit/EmulationTests", ["Emulation", "LinuxPorts", "Ports", "Simulation"]
  ),
  ("EngineTests", "Tests/Unit/EngineTests", ["Engine", "Capabilities", "Model", "Ports", "Quantities"]),
  (
    "GuardingTests", "Tests/Unit/GuardingTests",
    ["Guarding", "CLinuxPorts", "Instruments", "LinuxPorts", "Ports", "Simulation"]
  ),
  (
    "InstrumentsTests", "Tests/Unit/InstrumentsTests",
    ["Instruments", "Capabilities", "Modbus", "Ports", "Quantities", "Simulation", "TestKit"]
  ),
  ("LinuxPortsTests", "Tests/Unit/LinuxPortsTests", ["LinuxPorts", "CLinuxPorts", "Ports"]),
  ("ModbusTests", "Tests/Unit/ModbusTests", ["Modbus", "Ports", "Simulation", "TestKit"]),
  ("ModelTests", "Tests/Unit/ModelTests", ["Model", "Quantities"]),
  ("QuantitiesTests", "Tests/Unit/QuantitiesTests", ["Quantities"]),
  ("ReportsTests", "Tests/Unit/ReportsTests", ["Reports", "Model", "Quantities"]),
  (
    "RiggingTests", "Tests/Unit/RiggingTests",
    [
      "Rigging", "Capabilities", "DUT", "Documents", "Engine", "Instruments", "LinuxPorts", "Model", "Ports",
      "Quantities", "Serving", "Simulation", "TestKit",
    ]
  ),
  (
    "ServingTests", "Tests/Unit/ServingTests",
    ["Serving", "Capabilities", "Instruments", "LinuxPorts", "Ports", "Simulation"]
  ),
  ("SimulationTests", "Tests/Unit/SimulationTests", ["Simulation", "Ports", "Quantities"]),
  (
    "StepsTests", "Tests/Unit/StepsTests",
    ["Steps", "Capabilities", "Engine", "Model", "Ports", "Quantities"]
  ),
  ("StoreTests", "Tests/Unit/StoreTests", ["Store", "Model", "Quantities"]),
  (
    "Scenarios", "Tests/Scenarios",
    [
      "Rigging", "DUT", "Documents", "Engine", "Guarding", "Instruments", "Model", "Ports", "Quantities",
      "Reports",
      "Simulation",
      "Steps", "Store", "TestKit",
    ]
  ),
  ("Physics", "Tests/Physics", ["CellModel", "DUT", "Engine", "Ports", "Quantities", "Simulation"]),
  ("Strangers", "Tests/Strangers", ["Captures", "DBC", "LinuxPorts", "Modbus", "Ports"]),
  ("DBCTests", "Tests/Unit/DBCTests", ["DBC"]),
  ("CapturesTests", "Tests/Unit/CapturesTests", ["Captures", "Model", "Ports"]),
  (
    "StudiesTests", "Tests/Unit/StudiesTests",
    ["Studies", "Engine", "Model", "Quantities", "Rigging", "TestKit"]
  ),
  (
    "Lab", "Tests/Lab",
    [
      "Capabilities", "DBC", "DUT", "Emulation", "Instruments", "LinuxPorts", "Ports", "Quantities",
      "Rigging",
      "Serving", "Simulation", "TestKit",
    ]
  ),
  (
    "Fuzz", "Tests/Fuzz",
    [
      "Capabilities", "Captures", "DBC", "DUT", "Documents", "Guarding", "Instruments", "LinuxPorts",
      "Modbus",
      "Model", "Ports", "Quantities", "Reports", "Rigging", "Serving", "Simulation", "Store",
    ]
  ),
  ("Tidy", "Tests/Tidy", ["Engine", "Instruments", "Model", "Reports", "Rigging", "Steps"]),
]

/// What stands in the folders of test bundles and is not for the compiler.
let excluded: [String: [String]] = [
  "DUTTests": ["Captures"], "Fuzz": ["Corpus", "Driver", "fuzz"], "Lab": ["Machine", "Strangers"],
  "Strangers": ["Programs", "prepare", "requirements.txt"],
]

func named(_ names: [String]) -> [Target.Dependency] { names.map { .byName(name: $0) } }

let modules: [Target] = arrows.map { module, imports in
  module.hasPrefix("bmsrig")
    ? .executableTarget(
      name: module, dependencies: named(imports) + (products[module] ?? []),
      swiftSettings: settings(of: module))
    : .target(
      name: module, dependencies: named(imports) + (products[module] ?? []),
      swiftSettings: settings(of: module))
}

/// With BMSRIG_FUZZ in the environment the parsers become a program that a fuzzing engine drives (`make fuzz`); there
/// are no tests then, because both are made of the same files.
let isFuzzing = Context.environment["BMSRIG_FUZZ"] != nil
let fuzzing: [Target] =
  isFuzzing
  ? [
    .executableTarget(
      name: "bmsrig-fuzz", dependencies: named(tests.first { $0.name == "Fuzz" }?.imports ?? []),
      path: "Tests/Fuzz", exclude: ["Corpus", "fuzz", "FuzzTests.swift", "Targets/Mutator.swift"],
      swiftSettings: settings)
  ] : []

let package = Package(
  name: "bmsrig",
  products: [
    .executable(name: "bmsrig", targets: ["bmsrig"]),
    .executable(name: "bmsrig-guard", targets: ["bmsrig-guard"]),
  ],
  dependencies: packages,
  targets: [
    .target(name: "CLinuxPorts", linkerSettings: [.linkedLibrary("gpiod")]),
    .target(name: "CLibUSB", linkerSettings: [.linkedLibrary("usb-1.0")]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSystemBus", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
  ] + modules + fuzzing
    + (isFuzzing ? [] : tests).map {
      .testTarget(
        name: $0.name, dependencies: named($0.imports), path: $0.path,
        exclude: excluded[$0.name] ?? [], swiftSettings: settings)
    },
  swiftLanguageModes: [.v6]
)
