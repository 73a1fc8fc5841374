"""The tables of the store, and how an older store becomes a newer one.

A migration is a tuple of statements, run one by one in one transaction. What has been released is
never edited: a change is a new migration at the end.
"""

APPLICATION_ID = 0x64726674
"""`drft`: what tells our file from another program's SQLite database."""

_FIRST = (
    """
    CREATE TABLE recorders (
        number  INTEGER PRIMARY KEY,
        pid     INTEGER NOT NULL,
        started TEXT NOT NULL,
        boot    TEXT NOT NULL,
        UNIQUE (pid, started, boot)
    )
    """,
    """
    CREATE TABLE seeds (
        hash TEXT PRIMARY KEY,
        text TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE configs (
        number     INTEGER PRIMARY KEY,
        digest     TEXT NOT NULL UNIQUE,
        hash       TEXT NOT NULL,
        name       TEXT NOT NULL,
        seed       TEXT NOT NULL,
        source     TEXT NOT NULL REFERENCES seeds (hash),
        elements   TEXT NOT NULL,
        prompt     TEXT NOT NULL,
        scrollback TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE provenances (
        number INTEGER PRIMARY KEY,
        json   TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE sessions (
        number      INTEGER PRIMARY KEY AUTOINCREMENT,
        id          TEXT NOT NULL UNIQUE,
        began       TEXT NOT NULL,
        version     TEXT NOT NULL,
        parent      TEXT NOT NULL,
        recorder    INTEGER REFERENCES recorders (number),
        config      INTEGER NOT NULL REFERENCES configs (number),
        model       TEXT NOT NULL,
        task        TEXT NOT NULL,
        outcome     TEXT,
        operated    INTEGER,
        exited      INTEGER,
        done        INTEGER,
        drift_turn  INTEGER,
        drift_kind  TEXT,
        turns       INTEGER NOT NULL DEFAULT 0,
        tokens      INTEGER NOT NULL DEFAULT 0,
        took        INTEGER NOT NULL DEFAULT 0,
        events      INTEGER NOT NULL DEFAULT 0,
        bytes       INTEGER NOT NULL DEFAULT 0,
        head        BLOB NOT NULL,
        interrupted INTEGER NOT NULL DEFAULT 0,
        deleted     TEXT,
        provenance  INTEGER REFERENCES provenances (number),
        why         TEXT NOT NULL DEFAULT '',
        note        TEXT NOT NULL DEFAULT '',
        spec        TEXT NOT NULL
    )
    """,
    "CREATE INDEX sessions_unfinished ON sessions (recorder) WHERE outcome IS NULL",
    """
    CREATE TABLE tags (
        session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
        tag     TEXT NOT NULL,
        PRIMARY KEY (session, tag)
    ) WITHOUT ROWID
    """,
    # Keyed by session and then by place, so that one session's events lie together however many
    # sessions were recorded at once.
    """
    CREATE TABLE events (
        session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
        seq     INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        type    TEXT NOT NULL,
        packing INTEGER NOT NULL,
        link    BLOB NOT NULL,
        body    BLOB NOT NULL,
        PRIMARY KEY (session, seq)
    ) WITHOUT ROWID
    """,
)

_LOSSES = (
    """
    CREATE TABLE losses (
        session TEXT PRIMARY KEY,
        events  INTEGER NOT NULL,
        head    BLOB NOT NULL
    ) WITHOUT ROWID
    """,
)

_EXPERIMENTS = (
    """
    CREATE TABLE experiments (
        number    INTEGER PRIMARY KEY AUTOINCREMENT,
        id        TEXT NOT NULL UNIQUE,
        began     TEXT NOT NULL,
        document  TEXT NOT NULL,
        n         INTEGER NOT NULL,
        placement TEXT NOT NULL,
        runner    TEXT NOT NULL DEFAULT ''
    )
    """,
    # By its place in the plan, so that no cell ever counts twice.
    """
    CREATE TABLE experiment_runs (
        experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
        config     INTEGER NOT NULL,
        task       INTEGER NOT NULL,
        replicate  INTEGER NOT NULL,
        tries      INTEGER NOT NULL,
        session    TEXT NOT NULL,
        outcome    TEXT NOT NULL,
        operated   INTEGER NOT NULL,
        exited     INTEGER NOT NULL,
        done       INTEGER,
        drift_turn INTEGER,
        drift_kind TEXT,
        turns      INTEGER NOT NULL,
        tokens     INTEGER NOT NULL,
        took       INTEGER NOT NULL,
        fault      TEXT NOT NULL,
        PRIMARY KEY (experiment, config, task, replicate)
    ) WITHOUT ROWID
    """,
)

_EXPERIMENTS_IN_FULL = (
    "ALTER TABLE experiments ADD COLUMN dropped TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE experiment_runs ADD COLUMN margins TEXT NOT NULL DEFAULT '[]'",
    """
    CREATE TABLE experiment_stretches (
        experiment INTEGER NOT NULL REFERENCES experiments (number) ON DELETE CASCADE,
        stretch    INTEGER NOT NULL,
        model      TEXT NOT NULL,
        weights    TEXT NOT NULL,
        device     TEXT NOT NULL,
        dtype      TEXT NOT NULL,
        version    TEXT NOT NULL,
        began      TEXT NOT NULL,
        at_once    INTEGER NOT NULL,
        runs       INTEGER NOT NULL DEFAULT 0,
        tokens     INTEGER NOT NULL DEFAULT 0,
        seconds    REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (experiment, stretch)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX experiment_runs_by_session ON experiment_runs (session)",
    "ALTER TABLE sessions ADD COLUMN experiment TEXT NOT NULL DEFAULT ''",
    """
    UPDATE sessions SET experiment = coalesce(
        (SELECT experiments.id FROM experiment_runs
         JOIN experiments ON experiments.number = experiment_runs.experiment
         WHERE experiment_runs.session = sessions.id LIMIT 1), '')
    """,
    # Those that belong to none are what a list shows, and may be few among many.
    "CREATE INDEX sessions_by_experiment ON sessions (experiment, number)",
)

_FINDINGS = (
    # What was found out about a session later, beside its events, which are never touched.
    """
    CREATE TABLE findings (
        session  INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
        kind     TEXT NOT NULL,
        by       TEXT NOT NULL,
        at       TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, kind, by)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent <> ''",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _LOSSES,
    _EXPERIMENTS,
    (*_EXPERIMENTS_IN_FULL, *_FINDINGS),
)
"""`MIGRATIONS[n]` makes version n + 1 of version n; version 0 is a file with nothing in it."""

SCHEMA_VERSION = len(MIGRATIONS)
