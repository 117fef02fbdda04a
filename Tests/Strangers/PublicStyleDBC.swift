import Foundation

/// What public DBC files do that the format's description does not make one expect; written for this test.
enum PublicStyleDBC {
  /// CRLF line ends, Latin-1 degree signs, blanks in odd places, attributes and statements that say nothing of values.
  static let bytes: Data = {
    let crlf = text.replacingOccurrences(of: "\n", with: "\r\n")
    return crlf.data(using: .isoLatin1)!
  }()

  private static let text = """
    VERSION "created by hand"

    NS_ :
    \tNS_DESC_
    \tCM_
    \tBA_DEF_
    \tBA_
    \tVAL_
    \tSIG_VALTYPE_
    \tSG_MUL_VAL_

    BS_:

    BU_: Engine Gateway Vector__XXX
    VAL_TABLE_ OnOff 1 "On" 0 "Off" ;


    BO_ 2566869221 ChargerStatus: 8 Gateway
     SG_ OutputVoltage : 7|16@0+ (0.1,0) [0|6553.5] "V"  Engine,Gateway
     SG_ OutputCurrent : 23|16@0+ (0.1,-3200) [-3200|3353.5] "A" Vector__XXX
     SG_ HardwareFailure : 32|1@1+ (1,0) [0|1] "" Engine
     SG_ Temperature : 40|8@1- (1,0) [-128|127] "°C" Engine

    BO_ 291 Mixed : 8 Engine
     SG_ Selector M : 0|4@1+ (1,0) [0|15] "" Gateway
     SG_ Low m0 : 8|12@1- (0.25,0) [-512|511.75] "Nm" Gateway
     SG_ High m15 : 8|16@1+ (1.5E-02,0) [0|0] "km/h" Gateway
     SG_ Always:63|8@0+(1,0)[0|255]"" Gateway

    BO_ 1024 Floats: 8 Engine
     SG_ Single : 0|32@1- (1,0) [0|0] "" Gateway
     SG_ Rest : 32|32@1+ (1,0) [0|4294967295] "" Gateway

    BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX
     SG_ Orphan : 0|8@1- (1,0) [0|0] "" Vector__XXX

    BO_TX_BU_ 291 : Engine,Gateway;
    EV_ Variable: 0 [0|1] "" 0 1 DUMMY_NODE_VECTOR0 Vector__XXX;

    CM_ "A file that says much";
    CM_ BU_ Engine "Where the frames
    come from; two lines";
    CM_ BO_ 291 "A \\"quoted\\" word";
    CM_ SG_ 2566869221 OutputVoltage "At the terminals; SG_ is no statement here";
    BA_DEF_ BO_  "GenMsgCycleTime" INT 0 65535;
    BA_DEF_ SG_  "GenSigStartValue" FLOAT -3.4E+38 3.4E+38;
    BA_DEF_  "BusType" STRING ;
    BA_DEF_ BO_ "VFrameFormat" ENUM  "StandardCAN","ExtendedCAN","reserved","J1939PG";
    BA_DEF_DEF_  "GenMsgCycleTime" 0;
    BA_DEF_DEF_  "GenSigStartValue" 0;
    BA_DEF_DEF_  "BusType" "CAN";
    BA_DEF_DEF_  "VFrameFormat" "StandardCAN";
    BA_ "BusType" "CAN";
    BA_ "GenMsgCycleTime" BO_ 291 20;
    BA_ "GenSigStartValue" SG_ 291 Low 5;
    VAL_ 2566869221 HardwareFailure 1 "failed" 0 "well" ;
    VAL_ 291 Low -1 "invalid" ;
    VAL_ 291 Selector 0 "low" 15 "high" ;
    SIG_GROUP_ 291 Group 1 : Low High;
    SIG_VALTYPE_ 1024 Single : 1;

    """
}
