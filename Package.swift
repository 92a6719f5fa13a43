// swift-tools-version: 6.0
import PackageDescription

// The release build of the library (self-contained, only furca_* exported) is made by Sources/build-library.

// The loops over a trainer's memory are compiled for every processor of the architecture, and on x86-64 once more for those with
// AVX2 and FMA; Kernels chooses when it runs. They are optimised in debug builds too: the tests are of the loops as they ship.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"])]
#if arch(x86_64)
let loopsForNewerProcessors: [Target] = [
    .target(
        name: "VectorLoopsV3", dependencies: ["CProcessor"],
        swiftSettings: [.define("FUSED_MULTIPLY_ADD"), .unsafeFlags(["-O", "-Xcc", "-march=x86-64-v3"])])
]
#else
let loopsForNewerProcessors: [Target] = []
#endif
let loops: [Target.Dependency] = ["VectorLoops"] + loopsForNewerProcessors.map { .target(name: $0.name) }

// Each target names every module it imports: only then is it compiled again when one of them has changed.
let implementation: [Target.Dependency] = ["Kernels", "Sketches", "Forks", "RunFile", "Checkpoints", "Session"]

let package = Package(
    name: "furca",
    products: [
        // Public API: the C header in Include/, behind a dynamic library.
        .library(name: "furca", type: .dynamic, targets: ["FurcaC"]),
        // The command line, installed as `furca`: a library and an executable of one name cannot both be built.
        .executable(name: "furca-command", targets: ["FurcaCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // The contract and the door.
        .target(name: "CFurca", path: "Include", publicHeadersPath: "."),
        .target(name: "FurcaC", dependencies: ["CFurca"] + implementation),

        // Implementation, in the direction of the data.
        .systemLibrary(name: "CProcessor"),
        .target(name: "VectorLoops", dependencies: ["CProcessor"], swiftSettings: optimised),
        .target(name: "Kernels", dependencies: loops + ["CProcessor"], swiftSettings: optimised),
        .target(name: "Sketches", dependencies: ["Kernels"]),
        .target(name: "Forks", dependencies: ["Kernels", "Sketches"]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "RunFile", dependencies: ["Kernels", "Sketches", "Forks", "CSQLite"], exclude: ["SCHEMA.md"]),
        .target(name: "Checkpoints", dependencies: ["Kernels"]),
        .target(name: "Session", dependencies: ["Kernels", "Sketches", "Forks", "RunFile", "Checkpoints"]),
        .executableTarget(
            name: "FurcaCommand",
            dependencies: implementation + [.product(name: "ArgumentParser", package: "swift-argument-parser")]),

        // Tests.
        .testTarget(name: "KernelsTests", dependencies: ["Kernels"]),
        .testTarget(name: "SketchesTests", dependencies: ["Kernels", "Sketches"]),
        .testTarget(name: "ForksTests", dependencies: ["Kernels", "Sketches", "Forks"]),
        .testTarget(name: "RunFileTests", dependencies: ["Kernels", "Sketches", "Forks", "RunFile", "CSQLite", "RunFileTestsHelper"]),
        .executableTarget(name: "RunFileTestsHelper", dependencies: ["Kernels", "Sketches", "Forks", "RunFile"], path: "Tests/RunFileTestsHelper"),
        .testTarget(name: "CommandTests", dependencies: ["FurcaCommand", "SafetensorsWriter"]),
        .target(name: "SafetensorsWriter", path: "Tests/SafetensorsWriter"),
        .testTarget(name: "CheckpointsTests", dependencies: ["Kernels", "Checkpoints", "SafetensorsWriter"]),
        .testTarget(name: "SessionTests", dependencies: implementation + ["SafetensorsWriter"]),
        .testTarget(name: "FurcaCTests", dependencies: ["FurcaC"] + implementation),

        // Campaigns: long runs with a report of figures.
        .executableTarget(
            name: "CheckpointFuzzer", dependencies: ["Kernels", "Checkpoints", "SafetensorsWriter"], path: "Tests/CheckpointFuzzer"),
        .executableTarget(name: "Validation", dependencies: implementation, path: "Tests/validation", exclude: ["run", "REPORT.md", "training.py", "persistence.py"]),
    ] + loopsForNewerProcessors,
    swiftLanguageModes: [.v6]
)
