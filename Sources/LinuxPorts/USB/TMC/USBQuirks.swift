import Ports

/// How a product departs from the USBTMC rules. Data: one line per product, with where it is known from.
///
/// `REN_CONTROL`, `LOCAL_LOCKOUT` and `GO_TO_LOCAL` are sent to nobody: several makers declare them and fail on them,
/// and every model of this project is remote from its first command. Tags are never ignored: they are what tells a late
/// answer from the right one. No port is reset: it takes some models off the bus until they are switched off and on.
struct USBQuirks: Hashable, Sendable {
  /// A block's header comes once although it needs several transfers, and a second request would begin the
  /// transfer anew: read on without asking until the block is complete.
  var isAskedOncePerBlock = false
  /// Most payload bytes to ask for; nil: as many as the host likes.
  var readSizeMax: Int?
  /// Device clear breaks the session: none when opening.
  var isNotClearedOnOpen = false
  /// Replies may have any message number (pyvisa-py 20, which names no product).
  var toleratesMessageIDs = false
  /// Least time from the end of one transfer to the beginning of the next command or request.
  var gap = Interval.zero
}

extension USBQuirks {
  struct Entry: Hashable, Sendable {
    let vendor: UInt16
    /// nil: every product of the vendor without an entry of its own.
    let product: UInt16?
    /// Who, and where it is known from.
    let note: String
    let quirks: USBQuirks
  }

  /// Instrument protocol notes, section 3, where the sources stand.
  static let table: [Entry] = [
    Entry(
      vendor: 0x1AB1, product: 0x04CE,
      note: "Rigol DS1000Z: python-usbtmc PR 18, linux-usbtmc 8, pyvisa-py 463",
      quirks: USBQuirks(isAskedOncePerBlock: true, isNotClearedOnOpen: true)),
    Entry(
      vendor: 0x1AB1, product: 0x0588, note: "Rigol DS1000E/D: as the DS1000Z",
      quirks: USBQuirks(isAskedOncePerBlock: true, isNotClearedOnOpen: true)),
    Entry(
      vendor: 0x1AB1, product: 0x0E11, note: "Rigol DP800, DL3000: the DS1000Z's habits in some firmware",
      quirks: USBQuirks(isAskedOncePerBlock: true, isNotClearedOnOpen: true)),
    Entry(
      vendor: 0x1AB1, product: nil,
      note: "Rigol: QCoDeS 564 and 752 (a clear when opening breaks the session)",
      quirks: USBQuirks(isNotClearedOnOpen: true)),
    Entry(
      vendor: 0xF4EC, product: nil,
      note:
        "Siglent: SPD3303X loses what comes within 10 ms (pyvisa 397, libsigrok PR 75); others drop replies "
        + "when polled fast",
      quirks: USBQuirks(gap: .milliseconds(20))),
    Entry(
      vendor: 0xF4ED, product: nil, note: "Siglent, second vendor number: as the first",
      quirks: USBQuirks(gap: .milliseconds(20))),
  ]

  static func of(vendor: UInt16, product: UInt16, in table: [Entry] = table) -> USBQuirks {
    let own = table.first { $0.vendor == vendor && $0.product == product }
    return (own ?? table.first { $0.vendor == vendor && $0.product == nil })?.quirks ?? USBQuirks()
  }
}
