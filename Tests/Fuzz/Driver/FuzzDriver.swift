import Glibc

// The engine of LLVM, which comes with the compiler, has the program's `main`: it calls these two by their names.

/// The parser that BMSRIG_PARSER names; without one all are listed.
nonisolated(unsafe) private var target = FuzzTarget.all[0]

@_cdecl("LLVMFuzzerInitialize")
public func chooseParser(
  _ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  guard let name = getenv("BMSRIG_PARSER"), let found = FuzzTarget.named(String(cString: name)) else {
    for target in FuzzTarget.all { print("\(target.name)\t\(target.lengthMax)\t\(target.covers)") }
    exit(0)
  }
  target = found
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func takeInput(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
  return 0
}
