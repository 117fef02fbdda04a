/// Every instrument driver, by the id that rig files use.
public enum InstrumentCatalog {
  /// Sorted by id.
  public static var entries: [DriverEntry] {
    let all = [
      DAQ970A.entry, E36312A.entry, GPIOLines.entry, HandInstrument.entry, IT6000C.entry, M642.entry,
      N83624.entry, PSB.entry, SDS2000X.entry,
    ]
    return all.sorted { $0.id < $1.id }
  }

  public static func entry(_ id: String) -> DriverEntry? { entries.first { $0.id == id } }
}
