import ArgumentParser
@main struct Furca: ParsableCommand { func run() {} }
