// swift-tools-version: 6.0
import PackageDescription

// The release build of the library (self-contained, only furca_* exported) is made by Sources/build-library.

let package = Package(
    name: "furca",
    products: [
        // Public API: the C header in Include/, behind a dynamic library.
        .library(name: "furca", type: .dynamic, targets: ["FurcaC"]),
    ],
    targets: [
        // The contract and the door.
        .target(name: "CFurca", path: "Include", publicHeadersPath: "."),
        .target(name: "FurcaC", dependencies: ["CFurca", "Session"]),

        // Implementation, in the direction of the data.
        // Optimised in debug builds too: the tests are of the loops as they ship, and unoptimised ones take minutes.
        .target(name: "Kernels", swiftSettings: [.unsafeFlags(["-O"])]),
        .target(name: "Sketches", dependencies: ["Kernels"]),
        .target(name: "Forks", dependencies: ["Sketches"]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "RunFile", dependencies: ["Forks", "CSQLite"], exclude: ["SCHEMA.md"]),
        .target(name: "Session", dependencies: ["RunFile"]),

        // Tests.
        .testTarget(name: "KernelsTests", dependencies: ["Kernels"]),
        .testTarget(name: "SketchesTests", dependencies: ["Sketches"]),
        .testTarget(name: "ForksTests", dependencies: ["Forks"]),
        .testTarget(name: "RunFileTests", dependencies: ["RunFile", "CSQLite", "RunFileTestsHelper"]),
        .executableTarget(name: "RunFileTestsHelper", dependencies: ["RunFile"], path: "Tests/RunFileTestsHelper"),
        .testTarget(name: "SessionTests", dependencies: ["Session"]),
    ],
    swiftLanguageModes: [.v6]
)
