import Ports
import Simulation

/// What the peripherals of an emulated radio hang on: the circuit, or everything of a rig that moves.
public protocol EmulatedSurroundings: AnyObject {
  /// Brings everything to an instant.
  func advance(to instant: WorldInstant)
  /// Something came over the radio.
  func boardChanged()
}

extension Circuit: EmulatedSurroundings {}

/// A peripheral within reach of an emulated controller, and its connection while there is one.
final class EmulatedPeripheral {
  /// A static random address has its two highest bits set; all others are taken for public ones.
  private static let randomMark: UInt8 = 0xC0

  let model: any PeripheralModel
  let address: [UInt8]
  /// Connection handle at the host.
  let handle: UInt16
  var link: Link?
  /// The controller has told the host of a connection whose first packets the peripheral does not hear.
  var isUnheard = false
  /// The advertisement that was reported last.
  var reportedUntil = WorldInstant.start
  /// A scan with a filter has reported it.
  var isKnownToScan = false

  struct Link {
    var server: AttributeServer
    var packets = LinkPackets()
  }

  /// - Precondition: the model's address is a Bluetooth address.
  init(_ model: any PeripheralModel, handle: UInt16) {
    guard let address = DeviceAddress.bytes(model.radioAddress) else {
      preconditionFailure("'\(model.radioAddress)' is no Bluetooth address")
    }
    self.model = model
    self.address = address
    self.handle = handle
  }

  var addressType: UInt8 { address[5] & Self.randomMark == Self.randomMark ? 1 : 0 }

  /// The name last advertised; a connected unit no longer tells it.
  var name = ""
}
