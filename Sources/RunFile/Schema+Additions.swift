/// What files of this format have had since a later version of the library. An older library reads such a file as ever, and a file
/// that an older one has begun gets it when it is continued.
extension Schema {
    static let additions = """
        create table if not exists path_element(
            tensor integer primary key references tensor(id), count integer not null, places blob not null);

        create table if not exists path(
            id integer primary key, tensor integer not null references tensor(id), step integer not null,
            look integer not null references look(id), elements blob not null);
        create index if not exists path_tensor on path(tensor, step);

        create table if not exists tensor_group(
            tensor integer primary key references tensor(id), name text not null, pattern text not null);

        create table if not exists group_member(
            tensor integer not null references tensor_group(tensor), member integer not null references tensor(id),
            primary key (tensor, member)) without rowid;

        create view if not exists path_elements(tensor, count, places) as
            select t.name, e.count, e.places from tensor t cross join path_element e on e.tensor = t.id;

        create view if not exists paths(step, tensor, elements) as
            select p.step, t.name, p.elements
            from tensor t cross join path p on p.tensor = t.id cross join look l on l.id = p.look
            where l.superseded is null;

        create view if not exists groups(tensor, name, pattern) as
            select t.name, g.name, g.pattern from tensor_group g cross join tensor t on t.id = g.tensor;

        create view if not exists group_members(tensor, member) as
            select t.name, m.name
            from tensor t cross join group_member g on g.tensor = t.id cross join tensor m on m.id = g.member;

        drop view if exists tensors;
        create view tensors(id, name, dtype, shape, elements, frozen, kind) as
            select t.id, t.name, t.dtype, t.shape, t.elements, t.frozen,
                case when g.tensor is null then 'tensor' else 'group' end
            from tensor t left join tensor_group g on g.tensor = t.id;
        """
}

extension SQLiteDatabase {
    /// Adds to a run that an earlier library has begun what it lacks.
    func complete() throws(RunFileError) {
        let isComplete = try integer("select count(*) from sqlite_schema where name = 'groups'") ?? 0 > 0
        if isComplete { return }
        try transaction { () throws(RunFileError) in try execute(Schema.additions, doing: "write to") }
    }
}
