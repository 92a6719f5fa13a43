import Foundation

switch CommandLine.arguments.dropFirst().first {
case "dip-table": DipTable.run(samples: 400_000)
default:
    print("usage: validation dip-table")
    exit(64)
}
