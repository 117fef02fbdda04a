/// The rig of the campaign: the instruments of the simulated rig that have energy, as `bmsrig rig serve` takes it.
/// Lines and the unit's radio need a kernel that emulates them and are left out.
enum CampaignRig {
  static let text = """
    rig: campaign
    title: Kill campaign
    revision: "1"
    instruments:
      emulator:
        driver: ngi-n83624
        options: {range: 06-10, gap: 20 ms}
        address: sim://emulator
        serial: A-0021
        calibration: {certificate: SIM-EMULATOR, date: "2026-01-01", due: "2099-12-31"}
        uncertainty: {voltage: 0.7 mV, current: 2 mA}
      source:
        driver: itech-it6000c
        address: sim://source
        serial: "802000000000000022"
        calibration: {certificate: SIM-SOURCE, date: "2026-01-01", due: "2099-12-31"}
        uncertainty: {current-relative: 0.1 %}
      bank:
        driver: keysight-e36312a
        options: {pairing: series}
        address: sim://bank
        serial: MY61000024
      reference:
        driver: keysight-daq970a
        options: {nplc: 0.2}
        address: sim://reference
        serial: MY58000023
        calibration: {certificate: SIM-REFERENCE, date: "2026-01-01", due: "2099-12-31"}
        uncertainty: {voltage: 0.5 mV, pack-voltage: 10 mV, loop-current: 10 mA}
    roles:
      cells: {instrument: emulator, channels: 1-24}
      cell-reference: {instrument: reference, channels: "101-120, 201-204"}
      pack-voltage: {instrument: reference, channel: 205}
      port-voltage: {instrument: reference, channel: 206}
      loop-current: {instrument: reference, channel: 208}
      loop-source: {instrument: source, channel: 1}
      short-bank: {instrument: bank, channel: 2}
    wiring:
      cell-lead-resistance: 10 mΩ
      loop-current-scale: 5 mΩ
      supply-current-scale: 1 Ω
      loop-resistance: 2 mΩ
      short-loop-inductance: 1 µH
      short-loop-resistance: 20 mΩ
      pulse-current-scale: 1 mΩ
    envelope:
      cell-voltage-min: 0 V
      cell-voltage-max: 4.5 V
      pack-voltage-max: 108 V
      loop-current-max: 350 A
      loop-compliance-max: 5 V
      short-bank-voltage-max: 48 V
    safe-state:
      - {action: disable-short, within: 50 ms}
      - {action: loop-off, within: 500 ms}
      - {action: loop-current-falls, limit: 1 A, within: 500 ms}
      - {action: cells-to-rest, limit: 3.3 V, within: 2 s}
      - {action: terminals-dead, limit: 5 V, within: 5 s}
    guard:
      silence: 400 ms
    unit-link:
      transport: ble
      address: sim://unit

    """
}
