import GRDB
import Model

/// The tables of `runs.sqlite`. They are an index: everything in them can be rebuilt from the journals.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 runs and measurements") { db in
      try db.create(table: "run") { table in
        table.autoIncrementedPrimaryKey("number")
        table.column("id", .text).notNull().unique()
        table.column("unit", .text).notNull().indexed()
        table.column("model", .text).notNull()
        table.column("procedure", .text).notNull()
        table.column("procedureHash", .text).notNull()
        table.column("rig", .text).notNull()
        table.column("rigHash", .text).notNull()
        table.column("workflow", .text).notNull()
        table.column("program", .text).notNull()
        table.column("startedAt", .text).notNull()
        table.column("verdict", .text)
        table.column("reason", .text).notNull().defaults(to: "")
        table.column("elapsedSeconds", .double)
        table.column("failures", .integer).notNull().defaults(to: 0)
        table.column("journalHead", .text)
      }
      try db.create(table: "measurement") { table in
        table.column("runNumber", .integer).notNull().indexed().references("run", onDelete: .cascade)
        table.column("step", .text).notNull()
        table.column("name", .text).notNull()
        table.column("channel", .text).notNull()
        table.column("value", .double)
        table.column("text", .text)
        table.column("dimension", .text)
        table.column("low", .double)
        table.column("high", .double)
        table.column("uncertainty", .double)
        table.column("requirement", .text)
        table.column("outcome", .text).notNull()
      }
      try db.create(index: "measurementByName", on: "measurement", columns: ["step", "name", "channel"])
    }
    return migrator
  }

  static func insert(_ header: RunHeader, into db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO run (id, unit, model, procedure, procedureHash, rig, rigHash, workflow, program, startedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        header.run, header.unit, header.model, header.procedure.name, header.procedure.contentHash,
        header.rig.name, header.rig.contentHash, header.workflow.rawValue, header.program, header.startedAt,
      ])
  }

  /// Writes the end of a run and replaces its measurements, so that doing it twice is harmless.
  static func finish(_ record: RunRecord, verdict: Verdict, head: String, in db: Database) throws {
    let id = record.header.run
    guard let number = try Int64.fetchOne(db, sql: "SELECT number FROM run WHERE id = ?", arguments: [id])
    else { throw StoreError.noSuchRun(id) }
    let failures = record.measurements.count { $0.outcome == .fail }
    try db.execute(
      sql: """
        UPDATE run SET verdict = ?, reason = ?, elapsedSeconds = ?, failures = ?, journalHead = ?
        WHERE number = ?
        """,
      arguments: [verdict.rawValue, record.reason, record.elapsedSeconds, failures, head, number])
    try db.execute(sql: "DELETE FROM measurement WHERE runNumber = ?", arguments: [number])
    let statement = try db.makeStatement(
      sql: """
        INSERT INTO measurement (runNumber, step, name, channel, value, text, dimension, low, high,
          uncertainty, requirement, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for measurement in record.measurements {
      try statement.execute(arguments: arguments(of: measurement, run: number))
    }
  }

  private static func arguments(of measurement: Measurement, run: Int64) -> StatementArguments {
    var value: Double?
    var text: String?
    switch measurement.observation {
    case .number(let number): value = number
    case .text(let words): text = words
    case .flag(let flag): text = flag ? "true" : "false"
    case .missing(let reason): text = reason
    }
    return [
      run, measurement.step, measurement.name, measurement.channel, value, text,
      measurement.dimension?.rawValue, measurement.limit?.low, measurement.limit?.high,
      measurement.uncertainty, measurement.limit?.requirement, measurement.outcome.rawValue,
    ]
  }
}
