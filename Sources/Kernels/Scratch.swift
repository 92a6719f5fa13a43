/// Working memory of one reader: dense counters that a pass fills and leaves empty again. Not to be shared between threads.
package final class Scratch {
    package init() {}
}
