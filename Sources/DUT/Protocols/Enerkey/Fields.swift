/// Where one value sits in a frame and how it is spelled there.
public struct Field<Value: Sendable>: Sendable {
  let read: @Sendable (FrameImage) -> Value
  let write: @Sendable (inout FrameImage, Value) -> Void
}

extension Field where Value == Int {
  static func u8(_ offset: Int) -> Self { unsigned(offset, size: 1) }
  static func u16(_ offset: Int) -> Self { unsigned(offset, size: 2) }
  static func u24(_ offset: Int) -> Self { unsigned(offset, size: 3) }
  static func u32(_ offset: Int) -> Self { unsigned(offset, size: 4) }

  static func unsigned(_ offset: Int, size: Int) -> Self {
    Self(
      read: { $0.integer(at: offset, size: size) }, write: { $0.setInteger($1, at: offset, size: size) })
  }
}

extension Field where Value == Double {
  static func f32(_ offset: Int) -> Self {
    Self(read: { Double($0.float(at: offset)) }, write: { $0.setFloat(Float($1), at: offset) })
  }
}

extension Field where Value == Bool {
  /// Any value but 0 reads as true; true writes 1.
  static func flag(_ offset: Int) -> Self {
    Self(
      read: { $0.integer(at: offset, size: 1) != 0 },
      write: { image, value in
        // A flag that already has the meaning keeps its byte, so that odd codes survive.
        if (image.integer(at: offset, size: 1) != 0) != value {
          image.setInteger(value ? 1 : 0, at: offset, size: 1)
        }
      })
  }
}

extension Field where Value == String {
  static func text(_ offset: Int, _ size: Int) -> Self {
    Self(read: { $0.text(at: offset, size: size) }, write: { $0.setText($1, at: offset, size: size) })
  }
}

extension Field where Value == [UInt8] {
  static func raw(_ range: Range<Int>) -> Self {
    Self(
      read: { $0.raw(range) },
      write: { image, value in
        precondition(
          value.count == range.count, "raw bytes \(range) need \(range.count) bytes, got \(value.count)")
        image.setRaw(value, at: range.lowerBound)
      })
  }
}

/// A frame's content as a view of its bytes: `content.cellCount` reads and writes through the field of that name
/// in `fields`, all other bytes stay as they were received.
@dynamicMemberLookup
public protocol FrameContent: Hashable, Sendable {
  associatedtype Fields: Sendable
  static var fields: Fields { get }
  var image: FrameImage { get set }
}

extension FrameContent {
  public subscript<Value>(dynamicMember path: KeyPath<Fields, Field<Value>>) -> Value {
    get { Self.fields[keyPath: path].read(image) }
    set { Self.fields[keyPath: path].write(&image, newValue) }
  }

  /// The frame with a fresh checksum (the sum, as every captured reply has).
  public func encoded() -> [UInt8] { image.sealed() }

  static func image(decoding bytes: [UInt8], command: Command, length: Int) -> FrameImage? {
    guard bytes.count == length, let header = FrameHeader(reading: bytes),
      header.direction == .deviceToHost, header.frameLength == length, header.command == command.rawValue
    else { return nil }
    return FrameImage(bytes: bytes)
  }

  static func blank(_ command: Command, length: Int) -> FrameImage {
    FrameImage(
      header: FrameHeader(direction: .deviceToHost, function: 1, command: command.rawValue, length: length))
  }
}
