import GRDB
import Model

/// The tables of `runs.sqlite`. They are an index: everything in them can be rebuilt from the journals.
enum Schema {
  /// - Parameter journals: Their folder; what an older index does not hold is read there.
  static func migrator(journals: String) -> DatabaseMigrator {
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
    migrator.registerMigration("2 safe state and judged runs") { db in
      try db.alter(table: "run") { table in
        // NULL: not finished, or finished before this column was there and without a journal to ask.
        table.add(column: "safeStateConfirmed", .boolean)
        table.add(column: "judgedFrom", .text)
      }
      try askJournals(journals, in: db)
    }
    return migrator
  }

  /// Fills the columns of the second migration for runs that were finished before it.
  private static func askJournals(_ folder: String, in db: Database) throws {
    for id in try String.fetchAll(db, sql: "SELECT id FROM run WHERE verdict IS NOT NULL") {
      let (first, last) = JournalReader(path: "\(folder)/\(id).jsonl").ends()
      if case .runStarted(let header)? = first?.body {
        try db.execute(
          sql: "UPDATE run SET judgedFrom = ? WHERE id = ?", arguments: [header.judgedFrom?.run, id])
      }
      if case .runEnded(_, _, let confirmed)? = last?.body {
        try db.execute(sql: "UPDATE run SET safeStateConfirmed = ? WHERE id = ?", arguments: [confirmed, id])
      }
    }
  }

  static func insert(_ header: RunHeader, into db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO run
          (id, unit, model, procedure, procedureHash, rig, rigHash, workflow, program, startedAt, judgedFrom)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        header.run, header.unit, header.model, header.procedure.name, header.procedure.contentHash,
        header.rig.name, header.rig.contentHash, header.workflow.rawValue, header.program, header.startedAt,
        header.judgedFrom?.run,
      ])
  }

  /// What `finish` writes into the row that `insert` made.
  static let columnsOfTheEnd: Set<String> = [
    "verdict", "reason", "elapsedSeconds", "failures", "journalHead", "safeStateConfirmed",
  ]

  /// Brings a row up to date that `insert` made once.
  static func update(_ header: RunHeader, in db: Database) throws {
    try db.execute(
      sql: """
        UPDATE run SET unit = ?, model = ?, procedure = ?, procedureHash = ?, rig = ?, rigHash = ?, workflow = ?,
          program = ?, startedAt = ?, judgedFrom = ? WHERE id = ?
        """,
      arguments: [
        header.unit, header.model, header.procedure.name, header.procedure.contentHash, header.rig.name,
        header.rig.contentHash, header.workflow.rawValue, header.program, header.startedAt,
        header.judgedFrom?.run,
        header.run,
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
        UPDATE run SET verdict = ?, reason = ?, elapsedSeconds = ?, failures = ?, journalHead = ?,
          safeStateConfirmed = ? WHERE number = ?
        """,
      arguments: [
        verdict.rawValue, record.reason, record.elapsedSeconds, failures, head, record.safeStateConfirmed,
        number,
      ])
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
    case .atLeast(let number): text = "more than \(number)"
    case .missing(let reason): text = reason
    }
    return [
      run, measurement.step, measurement.name, measurement.channel, value, text,
      measurement.dimension?.rawValue, measurement.limit?.low, measurement.limit?.high,
      measurement.uncertainty, measurement.limit?.requirement, measurement.outcome.rawValue,
    ]
  }
}
