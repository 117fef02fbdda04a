import CLibYAML
import Model

/// One event of a YAML text: a word, or the begin or end of something, and where it stands.
struct YAMLEvent {
  enum Kind: Hashable {
    case word(String)
    case listBegin, listEnd, tableBegin, tableEnd, documentBegin, documentEnd, streamBegin, streamEnd
    /// `*name`.
    case alias
  }

  let kind: Kind
  let place: SourcePlace
  /// `&name` stands before it.
  let hasAnchor: Bool
  /// `!name` stands before it.
  let hasTag: Bool
}

/// Why a text is not read.
struct YAMLRefusal: Error {
  let finding: Finding

  init(_ place: SourcePlace, _ message: String, _ suggestion: String) {
    finding = Finding(place: place, message: message, suggestion: suggestion)
  }
}

/// The events of a YAML text, one after the other, from libyaml's parser. Nothing is composed here, so that no text can
/// make more of itself than it holds: aliases stay names, keys are compared with nothing.
final class YAMLEvents {
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String

  /// Reads from the bytes (UTF-8), which must stay where they are as long as this lives.
  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws(YAMLRefusal) {
    (self.bytes, self.file) = (bytes, file)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else {
      throw YAMLRefusal(.start(of: file), "the text cannot be read: out of memory", "")
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  func next() throws(YAMLRefusal) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw refusal() }
    defer { yaml_event_delete(&event) }
    let data = event.data
    func seen(_ kind: YAMLEvent.Kind, anchor: Bool = false, tag: Bool = false) -> YAMLEvent {
      YAMLEvent(kind: kind, place: place(event.start_mark), hasAnchor: anchor, hasTag: tag)
    }
    switch event.type {
    case YAML_SCALAR_EVENT:
      let text = UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length)
      return seen(
        .word(String(decoding: text, as: UTF8.self)), anchor: data.scalar.anchor != nil,
        tag: data.scalar.tag != nil)
    case YAML_SEQUENCE_START_EVENT:
      return seen(
        .listBegin, anchor: data.sequence_start.anchor != nil, tag: data.sequence_start.tag != nil)
    case YAML_MAPPING_START_EVENT:
      return seen(
        .tableBegin, anchor: data.mapping_start.anchor != nil, tag: data.mapping_start.tag != nil)
    case YAML_SEQUENCE_END_EVENT: return seen(.listEnd)
    case YAML_MAPPING_END_EVENT: return seen(.tableEnd)
    case YAML_ALIAS_EVENT: return seen(.alias)
    case YAML_DOCUMENT_START_EVENT: return seen(.documentBegin)
    case YAML_DOCUMENT_END_EVENT: return seen(.documentEnd)
    case YAML_STREAM_START_EVENT: return seen(.streamBegin)
    // Whatever is asked for after the end is the end again.
    default: return seen(.streamEnd)
    }
  }

  /// What the parser says of the text it stopped at.
  private func refusal() -> YAMLRefusal {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "unknown"
    switch state.error {
    case YAML_READER_ERROR:
      return YAMLRefusal(
        place(byte: state.problem_offset), "the text holds a character YAML does not allow: \(problem)",
        "take it out, or save the file as UTF-8")
    case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
      let began = state.context.map { " (\(String(cString: $0)), line \(state.context_mark.line + 1))" } ?? ""
      return YAMLRefusal(
        place(state.problem_mark), "this is not YAML: \(problem)\(began)",
        "check indentation, quotes and brackets")
    default: return YAMLRefusal(.start(of: file), "the text cannot be read: \(problem)", "")
    }
  }

  private func place(_ mark: yaml_mark_t) -> SourcePlace {
    SourcePlace(file: file, line: mark.line + 1, column: mark.column + 1)
  }

  private func place(byte offset: Int) -> SourcePlace {
    let before = bytes.prefix(offset)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count { $0 & 0xC0 != 0x80 } + 1
    return SourcePlace(file: file, line: line, column: column)
  }
}
