import CProcessor
import VectorLoops
#if arch(x86_64)
import VectorLoopsV3
#endif

/// The vector loops as compiled for one kind of processor. All kinds give the same bits, but for sums of third and fourth powers
/// of float32, in which products are rounded before they are added, or not.
package struct Loops: Sendable {
    let surveyFloat32: @Sendable (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
    let unionFloat32: @Sendable (UnsafeRawPointer) -> UInt32
    let surveySmallFloat32: @Sendable (UnsafeRawPointer, Int, UnsafeMutableRawPointer) -> Void
    let repeatsFloat32: @Sendable (UnsafeRawPointer) -> Int32
    let countAndSumFloat32:
        @Sendable (
            UnsafeRawPointer, Range<Int>, Float, Float, UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>
        ) -> Void
    let spreadAndSumFloat32:
        @Sendable (
            UnsafeRawPointer, Range<Int>, Float, Float, UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>
        ) -> Void
    let sumFloat32: @Sendable (UnsafeRawPointer, Range<Int>, Float, Float, UnsafeMutableRawPointer) -> Void
    package let deepestStrip:
        @Sendable (
            UnsafePointer<Double>, UnsafePointer<Double>, Int, Int, Double, Double, Double, Double
        ) -> (first: Int, depth: Double)

    /// Of how many points together `deepestStrip` tells.
    package static var depthStripLength: Int { VectorLoops.depthStripLength }

    /// For every processor of the architecture.
    package static let baseline = Loops(
        surveyFloat32: VectorLoops.surveyFloat32(_:_:),
        unionFloat32: VectorLoops.unionFloat32(_:),
        surveySmallFloat32: VectorLoops.surveySmallFloat32(_:_:_:),
        repeatsFloat32: VectorLoops.repeatsFloat32(_:),
        countAndSumFloat32: VectorLoops.countAndSumFloat32(_:_:pilot:scale:_:_:),
        spreadAndSumFloat32: VectorLoops.spreadAndSumFloat32(_:_:pilot:scale:_:_:),
        sumFloat32: VectorLoops.sumFloat32(_:_:pilot:scale:_:),
        deepestStrip: VectorLoops.deepestStrip(_:_:from:to:left:bottom:run:rise:))

    #if arch(x86_64)
    /// The fastest that this processor can run.
    package static let best = processor_has_x86_64_v3() ? v3 : baseline

    private static let v3 = Loops(
        surveyFloat32: VectorLoopsV3.surveyFloat32(_:_:),
        unionFloat32: VectorLoopsV3.unionFloat32(_:),
        surveySmallFloat32: VectorLoopsV3.surveySmallFloat32(_:_:_:),
        repeatsFloat32: VectorLoopsV3.repeatsFloat32(_:),
        countAndSumFloat32: VectorLoopsV3.countAndSumFloat32(_:_:pilot:scale:_:_:),
        spreadAndSumFloat32: VectorLoopsV3.spreadAndSumFloat32(_:_:pilot:scale:_:_:),
        sumFloat32: VectorLoopsV3.sumFloat32(_:_:pilot:scale:_:),
        deepestStrip: VectorLoopsV3.deepestStrip(_:_:from:to:left:bottom:run:rise:))
    #else
    /// The fastest that this processor can run.
    package static let best = baseline
    #endif
}
