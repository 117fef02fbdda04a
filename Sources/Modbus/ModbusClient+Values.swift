import Ports

/// The common questions, with what they answer.
extension ModbusClient {
  public func coils(unit: UInt8, _ address: Int, count: Int) async throws(ModbusError) -> [Bool] {
    try await bits(unit, .readCoils(address: address, count: count))
  }

  public func discreteInputs(unit: UInt8, _ address: Int, count: Int) async throws(ModbusError) -> [Bool] {
    try await bits(unit, .readDiscreteInputs(address: address, count: count))
  }

  public func holdingRegisters(unit: UInt8, _ address: Int, count: Int) async throws(ModbusError) -> [UInt16]
  {
    try await registers(unit, .readHoldingRegisters(address: address, count: count))
  }

  public func inputRegisters(unit: UInt8, _ address: Int, count: Int) async throws(ModbusError) -> [UInt16] {
    try await registers(unit, .readInputRegisters(address: address, count: count))
  }

  /// A single precision number over two holding registers.
  public func float(unit: UInt8, _ address: Int, _ order: ModbusWordOrder) async throws(ModbusError) -> Float
  {
    let words = try await holdingRegisters(unit: unit, address, count: 2)
    return ModbusWords.float((words[0], words[1]), order)
  }

  /// A text of `count` holding registers.
  public func text(unit: UInt8, _ address: Int, count: Int) async throws(ModbusError) -> String {
    ModbusWords.text(try await holdingRegisters(unit: unit, address, count: count))
  }

  public func write(unit: UInt8, coil address: Int, _ on: Bool) async throws(ModbusError) {
    _ = try await exchange(unit: unit, .writeCoil(address: address, on))
  }

  public func write(unit: UInt8, register address: Int, _ value: UInt16) async throws(ModbusError) {
    _ = try await exchange(unit: unit, .writeRegister(address: address, value))
  }

  public func write(unit: UInt8, coils address: Int, _ values: [Bool]) async throws(ModbusError) {
    _ = try await exchange(unit: unit, .writeCoils(address: address, values))
  }

  public func write(unit: UInt8, registers address: Int, _ values: [UInt16]) async throws(ModbusError) {
    _ = try await exchange(unit: unit, .writeRegisters(address: address, values))
  }

  // `ModbusReply` was read as the answer to exactly this request, so no other kind can come.

  private func bits(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) -> [Bool] {
    let reply = try await exchange(unit: unit, request)
    guard case .bits(let bits) = reply else { preconditionFailure("\(reply) answers \(request)") }
    return bits
  }

  private func registers(_ unit: UInt8, _ request: ModbusRequest) async throws(ModbusError) -> [UInt16] {
    let reply = try await exchange(unit: unit, request)
    guard case .registers(let words) = reply else { preconditionFailure("\(reply) answers \(request)") }
    return words
  }
}
