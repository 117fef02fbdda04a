import Glibc

/// The engine of LLVM, which comes with the compiler: it calls back with inputs until it is told enough.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) private var target = FuzzTarget.all[0]

/// `bmsrig-fuzz PARSER [options of libFuzzer]`; without a parser it lists them.
@main
struct FuzzDriver {
  static func main() {
    guard CommandLine.arguments.count > 1, let found = FuzzTarget.named(CommandLine.arguments[1]) else {
      for target in FuzzTarget.all { print("\(target.name)\t\(target.lengthMax)\t\(target.covers)") }
      return
    }
    target = found
    let words = [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var count = CInt(words.count)
    let code = pointers.withUnsafeMutableBufferPointer { buffer in
      var base = buffer.baseAddress!
      return runDriver(&count, &base) { bytes, length in
        target.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
        return 0
      }
    }
    exit(code)
  }
}
