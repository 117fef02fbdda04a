import Capabilities
import DUT
import Model
import Ports
import Quantities

/// The links of the unit: whether they work, and what is heard on them. A unit without supply is silent on all.
extension RigProbe {
  func unitLink() async -> ProbeResult {
    let link = rig.unitLink
    do {
      let address = try PortAddress(parsing: link.address)
      let radio = try await world.openRadio(address, deadline: world.now + limits.opening)
      defer { radio.close() }
      let end = world.now + limits.listening
      while let heard = try await heard(radio, until: end) {
        guard BLEUnit.isUnit(heard, named: link.name) else { continue }
        return ProbeResult(
          name: "unit", address: link.address, state: .ok,
          message:
            "the adapter works and hears '\(heard.name)' (\(heard.address)) at \(heard.signalLevelDBm) dBm")
      }
      return ProbeResult(
        name: "unit", address: link.address, state: .ok,
        message: "the adapter works; no unit is heard, and without supply none can be")
    } catch {
      return failed("unit", link.address, error)
    }
  }

  private func heard(_ radio: any RadioPort, until end: WorldInstant) async throws -> Advertisement? {
    do throws(PortError) { return try await radio.scan(deadline: end) } catch {
      guard error.code == .deadline else { throw error }
      return nil
    }
  }

  // MARK: its bus

  func unitBus(_ bus: UnitBusLink) async -> ProbeResult {
    do {
      let address = try PortAddress(parsing: bus.address)
      let picture = try bus.picture()
      let ear = try await world.openCAN(address, deadline: world.now + limits.opening)
      defer { ear.close() }
      let survey = try await listened(ear, BusSurvey(picture))
      var result = ProbeResult(
        name: "unit-bus", address: bus.address, state: .ok, message: "the bus opens; \(survey.words)")
      guard !survey.isRecognised, survey.frameCount > 0 else { return result }
      result.advice =
        "look with `bmsrig can dump \(bus.address)` and name the DBC file that fits: 'dbc' and 'signals' of 'unit-bus'"
      // A candidate was only a guess; what was heard once is missing.
      if bus.confirmed { result.state = .unrecognised }
      return result
    } catch {
      return failed("unit-bus", bus.address, error)
    }
  }

  /// Listens until every frame of the profile was heard, or the time is over.
  private func listened(_ ear: any CANPort, _ blank: BusSurvey) async throws(PortError) -> BusSurvey {
    var survey = blank
    let end = world.now + limits.listening
    while !survey.isComplete {
      do throws(PortError) {
        let frame = try await ear.receive(deadline: end)
        survey.take(frame)
      } catch {
        guard error.code == .deadline else { throw error }
        break
      }
    }
    return survey
  }

  // MARK: its 485 port

  func unitSerial(_ link: UnitSerialLink) async -> ProbeResult {
    let name = "unit-rs485"
    do {
      let address = try PortAddress(parsing: link.address)
      let port = try await world.openStream(address, deadline: world.now + limits.opening)
      guard let profile = RS485Unit.Profile(rawValue: link.profile) else {
        throw RigBuildError(instrument: name, message: "no profile '\(link.profile)' exists")
      }
      let reader = RS485Unit(
        world: world, profile: profile, unitNumber: UInt8(clamping: link.unitNumber),
        isProfileConfirmed: link.confirmed
      ) { (_) throws(PortError) in port }
      defer {
        reader.close()
        port.close()
      }
      do throws(UnitLinkError) {
        let told = try await reader.broadcast(after: world.now, deadline: world.now + limits.asking)
        return ProbeResult(
          name: name, address: link.address, state: .ok,
          message:
            "the line opens; it answers by the profile '\(reader.profile)': \(Voltage(told.packVoltage))")
      } catch {
        guard error.code == .noAnswer else { throw error }
        return ProbeResult(
          name: name, address: link.address, state: .ok,
          message:
            "the line opens; nobody answers by the profile '\(reader.profile)', and without supply nobody can"
        )
      }
    } catch let error as UnitLinkError {
      return ProbeResult(
        name: name, address: link.address, state: .missing, message: error.cause, advice: error.advice)
    } catch {
      return failed(name, link.address, error)
    }
  }
}
