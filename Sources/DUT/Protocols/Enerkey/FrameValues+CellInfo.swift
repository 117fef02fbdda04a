import Ports
import Quantities

extension FrameValues {
  public static func cellInfo(_ info: CellInfo) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("protocol", .string(info.version.rawValue)),
      ("frame_counter", .int(info.frameCounter)),
      ("cell_voltage_v", .array(info.cellVolts.map(number))),
      ("line_resistance_ohm", .array(info.lineOhms.map(number))),
      ("active_cells", .int(info.cellVolts.count { $0 > 0 })),
      ("total_voltage_v", number(info.totalVolts)),
      ("average_cell_voltage_v", number(info.averageCellVolts)),
      ("delta_cell_voltage_v", number(info.differenceVolts)),
      // People count cells from 1, the frame counts from 0.
      ("max_voltage_cell_number", .int(info.highestCellIndex + 1)),
      ("min_voltage_cell_number", .int(info.lowestCellIndex + 1)),
      ("cell_count_from_byte_215", .int(info.cellCount)),
      ("operation_status_code", .int(info.operationStatusCode)),
      ("operation_status", .string(info.operationStatus.name)),
      ("balancing", .bool(info.operationStatus == .balancing)),
      ("computed", computed(info.cellVolts)),
    ]
    if let second = info.second {
      members += secondGeneration(info, second)
    } else {
      members += [
        ("balancing_current_a", number(info.balancingAmperes)),
        ("temperature_1_c", number(info.temperature1Celsius)),
        ("temperature_2_c", number(info.temperature2Celsius)),
      ]
    }
    members += [("errors", faults(info.faults)), ("uptime_s", .int(info.uptimeSeconds))]
    return .object(members)
  }

  /// Four decimals, as the capture collection prints the state of charge and the sum of the cells; the digits
  /// behind are rounding of single precision.
  private static func fourDecimals(_ value: Double) -> OrderedJSON {
    value.isFinite ? .double((value * 1e4).rounded() / 1e4) : .null
  }

  private static func secondGeneration(
    _ info: CellInfo, _ second: CellInfo.SecondGeneration
  ) -> [(key: String, value: OrderedJSON)] {
    [
      ("unknown_217_u8", .int(second.unprovenByte217)),
      ("balancing_current_a", number(info.balancingAmperes)),
      ("pack_current_a_candidate_222", number(second.packAmperes)),
      ("temperature_1_c", number(info.temperature1Celsius)),
      ("temperature_2_c", number(info.temperature2Celsius)),
      ("mosfet_temperature_c", number(second.mosfetCelsius)),
      ("balancer_temperature_c", number(second.balancerCelsius)),
      ("nominal_capacity_ah", number(second.nominalCapacityAmpereHours)),
      ("remaining_capacity_ah", number(second.remainingCapacityAmpereHours)),
      ("state_of_charge_pct", fourDecimals(second.stateOfChargePercent)),
      ("unknown_254_f32", number(second.unprovenFloat254)),
      ("unknown_258_f32", number(second.unprovenFloat258)),
      ("unknown_262_f32", number(second.unprovenFloat262)),
    ]
  }

  /// Cross-checks made from the cells themselves; null when no cell has a voltage.
  private static func computed(_ cellVolts: [Double]) -> OrderedJSON {
    func rounded(_ value: Double, _ scale: Double) -> OrderedJSON {
      .double((value * scale).rounded() / scale)
    }
    let cells = cellVolts.enumerated().filter { $0.element > 0 && $0.element.isFinite }
    // Of equal cells the last is the highest and the first the lowest, as captured units count.
    guard let high = cells.max(by: { ($0.element, $0.offset) < ($1.element, $1.offset) }),
      let low = cells.min(by: { $0.element < $1.element })
    else {
      return [
        "sum_of_cells_v": 0, "max_cell_v": nil, "max_cell_number": nil, "min_cell_v": nil,
        "min_cell_number": nil, "spread_v": nil,
      ]
    }
    return [
      "sum_of_cells_v": fourDecimals(cells.reduce(0) { $0 + $1.element }),
      "max_cell_v": number(high.element),
      "max_cell_number": .int(high.offset + 1),
      "min_cell_v": number(low.element),
      "min_cell_number": .int(low.offset + 1),
      "spread_v": .double(((high.element - low.element) * 1e6).rounded() / 1e6),
    ]
  }

  static func faults(_ faults: FaultMasks) -> OrderedJSON {
    let masks: [(String, Int)] = [
      ("cell_detection_failed", faults.cellDetectionFailed), ("cell_overvoltage", faults.cellOvervoltage),
      ("cell_undervoltage", faults.cellUndervoltage), ("cell_polarity_error", faults.cellPolarityError),
      ("line_resistance_excessive", faults.lineResistanceExcessive),
    ]
    var members: [(key: String, value: OrderedJSON)] = []
    for (name, mask) in masks {
      members.append((name + "_mask", .int(mask)))
      members.append((name + "_cells", .array(FaultMasks.cells(in: mask).map(OrderedJSON.int))))
    }
    members += [
      ("temperature_warning_byte", .int(faults.temperatureWarning)),
      ("charging_fault_byte", .int(faults.chargingFault)),
      ("discharging_fault_byte", .int(faults.dischargingFault)),
      ("read_write_fault_byte", .int(faults.memoryFault)),
      ("reserved_hex", .string(HexText.packed(faults.reserved))),
    ]
    return .object(members)
  }
}
