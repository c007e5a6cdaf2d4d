import CZlib

/// Gzip for answers that are worth it.
enum Compression {
    /// Smaller ones gain less than it costs.
    static let least = 1_024
    /// Most of the gain for a third of the work.
    private static let level: Int32 = 3

    static func isWorthwhile(_ bytes: [UInt8], _ content: Response.Content) -> Bool {
        guard bytes.count >= least else { return false }
        switch content {
        case .json, .problem, .text: return true
        case .other(let name): return name.hasPrefix("text/")
        case .events: return false
        }
    }

    /// nil where the library does not.
    static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard zlib_begin_gzip(&stream, level) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { return nil }
        output.removeSubrange(Int(stream.total_out)...)
        return output
    }
}
