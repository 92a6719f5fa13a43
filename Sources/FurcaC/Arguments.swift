import CFurca
import Kernels
import Session

// What C hands in, as Swift values, or a sentence about what is wrong with it.

/// The place a result goes to.
func required<Pointee>(
    _ pointer: UnsafeMutablePointer<Pointee>?, _ name: StaticString
) throws(SessionError) -> UnsafeMutablePointer<Pointee> {
    guard let pointer else { throw SessionError(.argument, "\(name) is NULL.") }
    return pointer
}

/// An array that may be NULL only if it is empty.
func array<Element>(
    _ pointer: UnsafePointer<Element>?, count: Int, _ name: StaticString
) throws(SessionError) -> UnsafeBufferPointer<Element> {
    if pointer == nil && count > 0 { throw SessionError(.argument, "\(name) is NULL but its count is \(count).") }
    // No address space holds more bytes than 2^56; refused before anything is read.
    if count < 0 || count > 1 << 56 / MemoryLayout<Element>.stride {
        throw SessionError(.argument, "\(name) has an impossible count, \(UInt(bitPattern: count)).")
    }
    return UnsafeBufferPointer(start: pointer, count: count)
}

/// Room for results that may be NULL only if it is empty.
func room<Element>(
    _ pointer: UnsafeMutablePointer<Element>?, capacity: Int, _ name: StaticString
) throws(SessionError) -> UnsafeMutableBufferPointer<Element> {
    let checked = try array(UnsafePointer(pointer), count: capacity, name)
    return UnsafeMutableBufferPointer(start: pointer, count: checked.count)
}

/// Room for results that nobody wants if it is NULL.
func optionalRoom<Element>(
    _ pointer: UnsafeMutablePointer<Element>?, capacity: Int, _ name: StaticString
) throws(SessionError) -> UnsafeMutableBufferPointer<Element> {
    try room(pointer, capacity: pointer == nil ? 0 : capacity, name)
}

/// A string in UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(SessionError) -> String {
    guard let pointer else { throw SessionError(.argument, "\(name) is NULL.") }
    guard let text = String(validatingCString: pointer) else {
        throw SessionError(.argument, "\(name) is not UTF-8: \"\(String(cString: pointer))\".")
    }
    return text
}

/// A dtype; `subject` begins the sentence.
func elementType(_ type: furca_dtype, of subject: @autoclosure () -> String) throws(SessionError) -> ElementType {
    guard let known = ElementType(rawValue: type) else {
        throw SessionError(
            .type,
            "\(subject()) has dtype \(type), which is none: "
                + ElementType.allCases.map { "\($0.rawValue) is \($0)" }.joined(separator: ", ") + ".")
    }
    return known
}

/// A caller's memory as a buffer; `subject` begins the sentence.
func elementBuffer(
    _ data: UnsafeRawPointer?, count: UInt64, dtype: furca_dtype, of subject: @autoclosure () -> String
) throws(SessionError) -> ElementBuffer {
    let strided = furca_dtype(FURCA_STRIDED)
    let type = try elementType(dtype & ~strided, of: subject())
    if data == nil && count > 0 {
        throw SessionError(.argument, "\(subject()) has \(count) elements at a null pointer.")
    }
    // No address space holds more; refused before anything is read.
    if count > UInt64(1) << 56 {
        throw SessionError(.argument, "\(subject()) has \(count) elements, more than can exist.")
    }
    guard dtype & strided != 0, let data else { return ElementBuffer(start: data, count: Int(count), type: type) }
    return try elementBuffer(data.loadUnaligned(as: furca_strided.self), count: Int(count), type: type, of: subject())
}

private func elementBuffer(
    _ strided: furca_strided, count: Int, type: ElementType, of subject: @autoclosure () -> String
) throws(SessionError) -> ElementBuffer {
    if strided.rank < 1 || strided.rank > 16 {
        throw SessionError(.argument, "\(subject()) is strided with rank \(strided.rank), but 1 to 16 is possible.")
    }
    let shape = try array(strided.shape, count: Int(strided.rank), "shape").map { Int($0) }
    let strides = try array(strided.strides, count: Int(strided.rank), "strides").map { Int($0) }
    var product = 1
    for length in shape {
        let (next, overflows) = product.multipliedReportingOverflow(by: length)
        product = overflows || length < 0 ? -1 : next
        if product < 0 { break }
    }
    if product != count {
        throw SessionError(.shape, "\(subject()) is strided with shape \(shape), which are not \(count) elements.")
    }
    if strided.data == nil && count > 0 {
        throw SessionError(.argument, "\(subject()) is strided with \(count) elements at a null pointer.")
    }
    for (length, stride) in zip(shape, strides) where length > 1 {
        let (reach, overflows) = stride.multipliedReportingOverflow(by: length)
        if overflows || reach.magnitude > 1 << 60 {
            throw SessionError(.argument, "\(subject()) has a stride of \(stride) bytes, more than memory can have.")
        }
    }
    return ElementBuffer(start: strided.data, type: type, shape: shape, strides: strides)
}
