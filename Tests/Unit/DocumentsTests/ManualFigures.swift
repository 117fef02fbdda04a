import Testing

/// What the specification files must hold, kept apart from them: every requirement number and every numeric limit
/// of the conformance matrix of the EK-B24S8E300A manual V1.01.
enum ManualFigures {
  static let requirements: [String] = numbers.split(separator: "\n").flatMap { line in
    let words = line.split(separator: " ")
    return words.dropFirst().map { "SPEC-\(words[0])-\($0)" }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    /// NCM, LFP, LTO, 200A, 250A, 300A or any.
    let requirement, variant, limit, nominal, unit, low, high, basis: String
    var testDescription: String { "\(limit) \(variant) \(low) … \(high) \(unit)" }
  }

  static let rows: [Row] = table.split(separator: "\n").map { line in
    let f = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return Row(
      requirement: f[0], variant: f[1], limit: f[2], nominal: f[3], unit: f[4], low: f[5], high: f[6],
      basis: f[7])
  }

  private static let numbers = """
    ID 01 02 03 04 05 06 07
    MECH 01 02 03 04 05 06
    ACC 01 02 03 04 05 06 07 08
    CON 01 02 03 04 05 06 07 08 09
    PWR 01 02 03 04 05 06 07 08 09 10
    MEAS 01 02 03 04 05 06 07 08 09 10
    OVP 01 11 02 12 03 13 21 22 23 24 25
    UVP 01 11 02 12 03 13 21 22 23 24
    COC 01 02 03 04
    DOC 01 02 03 04
    CUR 05
    SCP 01 02 03 04
    OTC 01 02
    UTC 01 02
    OTD 01 02
    UTD 01 02
    TMP 21 22 23 24
    FET 01 02 03 04 05
    BAL 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19
    LED 01 02 03 04
    BUZ 01 02 03 04 05 06 07 08
    COM 01 02 03 04 05 06 07 08 09 10
    ALM 01 02 03 04 05 06
    SET 01 02 03 04 05 06 07
    SAF 01 02 03 04 05
    ENV 01 02
    UNB 01 02
    TRN 01 02
    STO 01 02 03
    WAR 01 02 03 04 05 11 12 13 14 15 16 21 22 23 24
    """

  private static let table = """
    SPEC-OVP-01,NCM,ovp-trip,4.200,V,4.185,4.215,project
    SPEC-OVP-01,NCM,ovp-trip,4.200,V,4.150,4.250,vendor
    SPEC-OVP-11,NCM,ovp-recover,4.000,V,3.985,4.015,project
    SPEC-OVP-11,NCM,ovp-recover,4.000,V,3.950,4.050,vendor
    SPEC-UVP-01,NCM,uvp-trip,2.900,V,2.885,2.915,project
    SPEC-UVP-01,NCM,uvp-trip,2.900,V,2.800,3.000,vendor
    SPEC-UVP-11,NCM,uvp-recover,3.100,V,3.085,3.115,project
    SPEC-UVP-11,NCM,uvp-recover,3.100,V,3.000,3.200,vendor
    SPEC-OVP-02,LFP,ovp-trip,3.650,V,3.635,3.665,project
    SPEC-OVP-02,LFP,ovp-trip,3.650,V,3.600,3.700,vendor
    SPEC-OVP-12,LFP,ovp-recover,3.450,V,3.435,3.465,project
    SPEC-OVP-12,LFP,ovp-recover,3.450,V,3.400,3.500,vendor
    SPEC-UVP-02,LFP,uvp-trip,2.600,V,2.585,2.615,project
    SPEC-UVP-02,LFP,uvp-trip,2.600,V,2.500,2.700,vendor
    SPEC-UVP-12,LFP,uvp-recover,2.900,V,2.885,2.915,project
    SPEC-UVP-12,LFP,uvp-recover,2.900,V,2.800,3.000,vendor
    SPEC-OVP-03,LTO,ovp-trip,2.700,V,2.685,2.715,project
    SPEC-OVP-03,LTO,ovp-trip,2.700,V,2.650,2.750,vendor
    SPEC-OVP-13,LTO,ovp-recover,2.400,V,2.385,2.415,project
    SPEC-OVP-13,LTO,ovp-recover,2.400,V,2.350,2.450,vendor
    SPEC-UVP-03,LTO,uvp-trip,1.600,V,1.585,1.615,project
    SPEC-UVP-03,LTO,uvp-trip,1.600,V,1.500,1.700,vendor
    SPEC-UVP-13,LTO,uvp-recover,1.800,V,1.785,1.815,project
    SPEC-UVP-13,LTO,uvp-recover,1.800,V,1.700,1.900,vendor
    SPEC-OTC-01,any,otc-trip,60,°C,58.5,61.5,project
    SPEC-OTC-01,any,otc-trip-sensor,60,°C,58,62,project
    SPEC-OTC-02,any,otc-recover,50,°C,48.5,51.5,project
    SPEC-OTC-02,any,otc-recover-sensor,50,°C,48,52,project
    SPEC-UTC-01,any,utc-trip,-2,°C,-3.5,-0.5,project
    SPEC-UTC-01,any,utc-trip-sensor,-2,°C,-4,0,project
    SPEC-UTC-02,any,utc-recover,2,°C,0.5,3.5,project
    SPEC-UTC-02,any,utc-recover-sensor,2,°C,0,4,project
    SPEC-OTD-01,any,otd-trip,60,°C,58.5,61.5,project
    SPEC-OTD-01,any,otd-trip-sensor,60,°C,58,62,project
    SPEC-OTD-02,any,otd-recover,50,°C,48.5,51.5,project
    SPEC-OTD-02,any,otd-recover-sensor,50,°C,48,52,project
    SPEC-UTD-01,any,utd-trip,-10,°C,-11.5,-8.5,project
    SPEC-UTD-01,any,utd-trip-sensor,-10,°C,-12,-8,project
    SPEC-UTD-02,any,utd-recover,-5,°C,-6.5,-3.5,project
    SPEC-UTD-02,any,utd-recover-sensor,-5,°C,-7,-3,project
    SPEC-COC-01,300A,charge-limit-default,300,A,300,300,vendor
    SPEC-COC-02,300A,charge-limit-range,,A,15,300,vendor
    SPEC-DOC-01,300A,discharge-limit-default,120,A,120,120,vendor
    SPEC-DOC-02,300A,discharge-limit-range,,A,15,300,vendor
    SPEC-COC-01,250A,charge-limit-default,250,A,250,250,vendor
    SPEC-COC-02,250A,charge-limit-range,,A,15,250,vendor
    SPEC-DOC-01,250A,discharge-limit-default,120,A,120,120,vendor
    SPEC-DOC-02,250A,discharge-limit-range,,A,15,250,vendor
    SPEC-COC-01,200A,charge-limit-default,200,A,200,200,vendor
    SPEC-COC-02,200A,charge-limit-range,,A,15,200,vendor
    SPEC-DOC-01,200A,discharge-limit-default,120,A,120,120,vendor
    SPEC-DOC-02,200A,discharge-limit-range,,A,15,200,vendor
    SPEC-SCP-02,any,scp-response,50,µs,0,50,vendor
    SPEC-MECH-01,any,length,237,mm,236.5,237.5,vendor
    SPEC-MECH-02,any,width,107,mm,106.5,107.5,vendor
    SPEC-MECH-03,any,thickness,24.5,mm,24.0,25.0,vendor
    SPEC-MECH-04,any,mass,1500,g,1425,1575,project
    SPEC-ACC-01,any,ntc-r25,10000,Ω,9900,10100,vendor
    SPEC-ACC-02,any,ntc-beta,3950,,3910.5,3989.5,project
    SPEC-BAL-01,any,balance-current-range,,A,1,8,vendor
    SPEC-BAL-05,any,phase-duration,,s,2,5,vendor
    SPEC-BAL-06,any,single-transfer-at-1a,,Ah,0.000556,0.001389,vendor
    SPEC-BAL-06,any,single-transfer-at-2a,,Ah,0.001111,0.002778,vendor
    SPEC-BAL-06,any,single-transfer-at-4a,,Ah,0.002222,0.005556,vendor
    SPEC-BAL-06,any,single-transfer-at-8a,,Ah,0.004444,0.011111,vendor
    SPEC-BAL-07,any,start-difference-range,,V,0.001,5,vendor
    SPEC-BAL-08,any,stop-difference-range,,V,0.001,5,vendor
    SPEC-BAL-09,any,start-voltage-range,,V,1.5,4.5,vendor
    SPEC-BAL-10,any,stop-voltage-range,,V,1.5,4.5,vendor
    SPEC-BAL-13,any,overbalance-wait,180,s,170,190,project
    SPEC-BAL-14,any,halving-ratio,0.5,,0.45,0.55,project
    SPEC-MEAS-01,any,cell-range,,V,1.5,4.5,vendor
    SPEC-MEAS-02,any,cell-error-literal,0,V,-0.001,0.001,vendor
    SPEC-MEAS-02,any,cell-error,0,V,-0.005,0.005,project
    SPEC-PWR-05,any,cell1-start,2.4,V,2.35,2.45,project
    SPEC-PWR-04,any,no-external-supply-above,25,V,24.5,25.5,project
    SPEC-PWR-04,any,external-supply-range,,V,30,100,vendor
    SPEC-BUZ-01,any,poweron-beeps,4,,4,4,vendor
    SPEC-BUZ-03,any,complete-beep-delay,180,s,170,190,project
    SPEC-STO-01,any,storage-temperature,,°C,0,35,vendor
    SPEC-STO-02,any,storage-humidity,,%RH,0,80,vendor
    """
}
