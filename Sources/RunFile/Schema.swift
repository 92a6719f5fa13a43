/// What a run file looks like inside. SCHEMA.md says what each column means, and in which unit.
///
/// Tables are singular and may change with the format's version. Views are plural, are what people and programs read, and
/// stay. Everything but sketches and events is clustered by tensor (or metric) and then step, so that one tensor's history
/// is one contiguous range of the file, in order.
enum Schema {
    /// SQLite's `application_id` of every run file: "FURC".
    static let applicationID: Int64 = 0x4655_5243

    /// SQLite's `user_version`: goes up when an older library could no longer read the file.
    static let version: Int64 = 2

    /// Makes an empty run of an empty database. To be executed in one transaction.
    static let creation = """
        pragma application_id = \(applicationID);
        pragma user_version = \(version);
        \(tables)
        \(views)
        \(additions)
        """

    /// `superseded` is the number of the rewind that replaced a row, NULL for a row that is part of the run as it is.
    private static let tables = """
        create table fact(key text primary key, value text not null) without rowid;

        create table tensor(
            id integer primary key, name text not null unique, dtype text not null, shape text not null,
            elements integer not null, frozen integer not null);

        create table look(
            id integer primary key, step integer not null, time real, seconds real, overlapped real,
            tensors integer not null, offered integer not null,
            superseded integer references rewind(number));
        create index look_step on look(step);

        create table observation(
            tensor integer not null references tensor(id), step integer not null,
            look integer not null references look(id),
            count integer not null, nan integer not null, pos_inf integer not null, neg_inf integer not null,
            zeros integer not null, subnormals integer not null,
            min real, max real, mean real, std real, skewness real, kurtosis real, l1 real, l2 real,
            dip real, dip_tested real, p_value real, modes integer,
            sketch integer references sketch(id),
            sampled real not null, mean_se real, std_se real, kurtosis_se real,
            primary key (tensor, step, look)) without rowid;

        create table sketch(id integer primary key, bytes blob not null);

        create table branch(
            tensor integer not null references tensor(id), step integer not null,
            look integer not null references look(id), branch integer not null,
            position real, mass real, lower real, upper real, name integer not null,
            primary key (tensor, step, branch, look)) without rowid;

        create table event(
            id integer primary key, look integer not null references look(id),
            tensor integer not null references tensor(id), kind text not null, label text not null,
            onset_after integer, onset_by integer not null, dip real, p_value real, branches integer not null,
            text text not null, structure text, lines text);

        create table event_branch(
            event integer not null references event(id), branch integer not null,
            position real, mass real, lower real, upper real, name integer not null,
            primary key (event, branch)) without rowid;

        create table metric_name(id integer primary key, name text not null unique);

        create table metric(
            name integer not null references metric_name(id), step integer not null, number integer not null,
            value real, time real, superseded integer references rewind(number),
            primary key (name, step, number)) without rowid;

        create table gap(name text not null, reason text not null, unique (name, reason));

        create table left_out_step(step integer not null, superseded integer references rewind(number));

        create table dropped_look(
            step integer not null, reason text not null, superseded integer references rewind(number));

        create table progress(
            tensor integer primary key references tensor(id), looks integer not null, late integer, step integer not null,
            origin real, significant integer, point_mass integer, quiet integer);

        create table rewind(number integer primary key, step integer not null, time real);
        """

    private static let statistics = """
        count, nan, pos_inf, neg_inf, zeros, subnormals, min, max, mean, std, skewness, kurtosis, l1, l2, \
        dip, dip_tested, p_value, modes, sampled, mean_se, std_se, kurtosis_se
        """

    /// `cross join` keeps SQLite to the order in which the tables are named: tensor first, then its range of rows.
    private static let views = """
        create view facts(key, value) as select key, value from fact;

        create view stats(step, tensor, \(statistics)) as
            select o.step, t.name, \(prefixed(statistics, by: "o"))
            from tensor t cross join observation o on o.tensor = t.id cross join look l on l.id = o.look
            where l.superseded is null;

        create view superseded_stats(rewind, step, tensor, \(statistics)) as
            select l.superseded, o.step, t.name, \(prefixed(statistics, by: "o"))
            from tensor t cross join observation o on o.tensor = t.id cross join look l on l.id = o.look
            where l.superseded is not null;

        create view sketches(step, tensor, sketch) as
            select o.step, t.name, s.bytes
            from tensor t cross join observation o on o.tensor = t.id cross join look l on l.id = o.look
            cross join sketch s on s.id = o.sketch
            where l.superseded is null;

        create view branches(step, tensor, branch, position, mass, lower, upper, name) as
            select b.step, t.name, b.branch, b.position, b.mass, b.lower, b.upper, b.name
            from tensor t cross join branch b on b.tensor = t.id cross join look l on l.id = b.look
            where l.superseded is null;

        create view forks(step, onset_after, onset_by, tensor, kind, label, dip, p_value, branches, text, fork,
                structure, lines) as
            select l.step, e.onset_after, e.onset_by, t.name, e.kind, e.label, e.dip, e.p_value, e.branches, e.text, e.id,
                e.structure, e.lines
            from event e cross join look l on l.id = e.look cross join tensor t on t.id = e.tensor
            where l.superseded is null;

        create view fork_branches(fork, branch, position, mass, lower, upper, name) as
            select b.event, b.branch, b.position, b.mass, b.lower, b.upper, b.name
            from event_branch b cross join event e on e.id = b.event cross join look l on l.id = e.look
            where l.superseded is null;

        create view metrics(step, name, value, time) as
            select m.step, n.name, m.value, m.time
            from metric_name n cross join metric m on m.name = n.id where m.superseded is null;

        create view superseded_metrics(rewind, step, name, value, time) as
            select m.superseded, m.step, n.name, m.value, m.time
            from metric_name n cross join metric m on m.name = n.id where m.superseded is not null;

        create view cost(step, seconds, time, overlapped, tensors, offered) as
            select step, seconds, time, overlapped, tensors, offered from look where superseded is null;

        create view gaps(name, reason) as select name, reason from gap;

        create view left_out(step) as select step from left_out_step where superseded is null;

        create view dropped(step, reason) as select step, reason from dropped_look where superseded is null;

        create view rewinds(number, step, time) as select number, step, time from rewind;
        """

    /// "a, b" as "o.a, o.b".
    private static func prefixed(_ columns: String, by table: String) -> String {
        "\(table)." + columns.split(separator: " ").joined(separator: " \(table).")
    }
}
