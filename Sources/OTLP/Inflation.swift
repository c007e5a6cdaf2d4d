import CZlib

/// gzip, inflated within a bound.
public enum Inflation {
    /// The bytes inside; more than `most` of them, and what is no whole gzip stream, are refused. Several members
    /// one after the other are one text, as gzip has it.
    public static func inflate(_ body: [UInt8], most: Int) throws(OTLPRefusal) -> [UInt8] {
        var stream = z_stream()
        guard zlib_begin_gunzip(&stream) == Z_OK else { throw .notGzip(why: "zlib has no memory") }
        defer { inflateEnd(&stream) }
        var source = body
        var inflated: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let result = source.withUnsafeMutableBufferPointer { input -> Result<Void, OTLPRefusal> in
            chunk.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = uInt(clamping: input.count)
                while true {
                    stream.next_out = output.baseAddress
                    stream.avail_out = uInt(output.count)
                    let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                    let made = output.count - Int(stream.avail_out)
                    guard inflated.count + made <= most else { return .failure(.tooLarge(limit: most)) }
                    inflated.append(contentsOf: output[..<made])
                    switch code {
                    case Z_STREAM_END where stream.avail_in == 0: return .success(())
                    case Z_STREAM_END: inflateReset(&stream)
                    case Z_OK where made > 0 || stream.avail_in > 0: continue
                    case Z_OK, Z_BUF_ERROR: return .failure(.notGzip(why: "it is cut off"))
                    default: return .failure(.notGzip(why: "its bytes are damaged (zlib says \(code))"))
                    }
                }
            }
        }
        try result.get()
        return inflated
    }
}
