"""The official client of Table storage, unmodified, against the emulator, with signatures checked."""

import datetime
import uuid

from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import (
    AccountSasPermissions,
    EdmType,
    EntityProperty,
    ResourceTypes,
    TableClient,
    TableSasPermissions,
    TableServiceClient,
    TableTransactionError,
    UpdateMode,
    generate_account_sas,
    generate_table_sas,
)

from harness import STORAGE_ACCOUNT, STORAGE_KEY, fresh, group, main

UTC = datetime.timezone.utc
NEVER_AGAIN = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 20}
NAMED_KEY = AzureNamedKeyCredential(STORAGE_ACCOUNT, STORAGE_KEY)


def later(**distance):
    return datetime.datetime.now(UTC) + datetime.timedelta(**distance)


def service(emulator, key=STORAGE_KEY):
    return TableServiceClient(emulator.http["table"], credential=AzureNamedKeyCredential(STORAGE_ACCOUNT, key), **NEVER_AGAIN)


def table(emulator):
    return service(emulator).create_table(fresh("t"))


def entity(row, partition="p", **properties):
    return {"PartitionKey": partition, "RowKey": row, **properties}


@group("table", "table.signature", "table.table-conflict", "table.name-case")
def tables(emulator, t):
    s = service(emulator)
    t.raises("a wrong key is refused", lambda: service(emulator, "AAAA").create_table(fresh("t")), 403,
             "AuthenticationFailed", ClientAuthenticationError)
    name = fresh("Tab")
    c = s.create_table(name)
    t.raises("a table is created once", lambda: s.create_table(name), 409, "TableAlreadyExists", ResourceExistsError)
    t.raises("case makes no other table", lambda: s.create_table(name.upper()), 409, "TableAlreadyExists")
    t.equal("a table is listed in its own spelling", [x.name for x in s.query_tables(f"TableName eq '{name}'")], [name])
    others = [s.create_table(name + str(number)).table_name for number in range(3)]
    pages = [[x.name for x in page] for page in s.list_tables(results_per_page=2).by_page()]
    t.equal("tables come in pages", [x for page in pages for x in page], [name] + others)
    t.equal("a page of tables has what was asked for", [len(page) for page in pages], [2, 2])
    c.create_entity(entity("r"))
    s.delete_table(name)
    t.raises("an entity of no table is not found", lambda: c.get_entity("p", "r"), 404, "TableNotFound",
             ResourceNotFoundError)
    t.equal("a table that is created if missing is made", s.create_table_if_not_exists(name).table_name, name)
    t.raises("a table created anew is empty", lambda: c.get_entity("p", "r"), 404, "ResourceNotFound")
    t.raises("a bad table name is refused", lambda: TableClient(
        emulator.http["table"], "a1-x", credential=NAMED_KEY, **NEVER_AGAIN).create_table(), kind=Exception)


@group("table", "table.insert-conflict", "table.timestamp", "table.etag-changes")
def entities(emulator, t):
    c = table(emulator)
    made = c.create_entity(entity("r", name="n", Timestamp=datetime.datetime(2001, 1, 1, tzinfo=UTC)))
    t.true("an insert answers a weak entity tag", made["etag"].startswith("W/\"datetime'"))
    t.raises("an entity is inserted once", lambda: c.create_entity(entity("r")), 409, kind=ResourceExistsError,
             text="EntityAlreadyExists")
    found = c.get_entity("p", "r")
    t.equal("an entity is read", dict(found), entity("r", name="n"))
    t.equal("the tag of the read is the insert's", found.metadata["etag"], made["etag"])
    t.true("the server sets the time", abs(found.metadata["timestamp"] - datetime.datetime.now(UTC))
           < datetime.timedelta(minutes=5), found.metadata["timestamp"])
    changed = c.update_entity(entity("r", name="m"), mode=UpdateMode.REPLACE)
    t.true("an update changes the tag", changed["etag"] != made["etag"])
    t.raises("a missing entity is not found", lambda: c.get_entity("p", "x"), 404, "ResourceNotFound", ResourceNotFoundError)
    t.equal("a selection reads some properties", dict(c.get_entity("p", "r", select=["name"])), {"name": "m"})
    c.delete_entity("p", "r")
    t.raises("a deleted entity is not found", lambda: c.get_entity("p", "r"), 404, "ResourceNotFound")


@group("table", "table.merge-keeps", "table.replace-drops", "table.if-match")
def updates(emulator, t):
    c = table(emulator)
    c.upsert_entity(entity("r", a=1, b=2))
    c.upsert_entity(entity("r", b=3, c=4), mode=UpdateMode.MERGE)
    t.equal("a merge keeps the others", dict(c.get_entity("p", "r")), entity("r", a=1, b=3, c=4))
    c.upsert_entity(entity("r", d=5), mode=UpdateMode.REPLACE)
    t.equal("a replace drops the others", dict(c.get_entity("p", "r")), entity("r", d=5))
    t.raises("an update of a missing entity is refused", lambda: c.update_entity(entity("x", a=1)), 404, "ResourceNotFound")
    old = c.get_entity("p", "r").metadata["etag"]
    new = c.update_entity(entity("r", d=6), etag=old, match_condition=MatchConditions.IfNotModified)["etag"]
    t.raises("a stale tag refuses an update", lambda: c.update_entity(
        entity("r", d=7), etag=old, match_condition=MatchConditions.IfNotModified), 412, "UpdateConditionNotSatisfied",
        ResourceModifiedError)
    t.equal("a refused update changes nothing", c.get_entity("p", "r")["d"], 6)
    t.raises("a stale tag refuses a delete", lambda: c.delete_entity(
        "p", "r", etag=old, match_condition=MatchConditions.IfNotModified), 412, "UpdateConditionNotSatisfied")
    c.delete_entity("p", "r", etag=new, match_condition=MatchConditions.IfNotModified)
    t.equal("the current tag deletes", list(c.list_entities()), [])


@group("table", "table.type-annotations")
def types(emulator, t):
    c = table(emulator)
    moment = datetime.datetime(2013, 8, 2, 17, 37, 43, 900430, tzinfo=UTC)
    identifier = uuid.uuid4()
    values = {
        "text": "é'😀", "truth": True, "small": -5, "double": 1.5, "whole": 2.0, "bytes": b"\x00\xff", "moment": moment,
        "identifier": identifier, "infinite": float("-inf"),
    }
    c.create_entity(entity("r", big=EntityProperty(2**62 + 1, EdmType.INT64), none=None, nan=float("nan"), **values))
    found = c.get_entity("p", "r")
    for name, value in values.items():
        t.equal(f"a value survives: {name}", found[name], value)
        t.true(f"its type survives: {name}", isinstance(found[name], type(value)), type(found[name]))
    t.equal("a 64-bit integer survives with its type", found["big"], EntityProperty(2**62 + 1, EdmType.INT64))
    t.true("not a number survives", found["nan"] != found["nan"])
    t.true("null is no property", "none" not in found)
    exact = "2013-08-02T17:37:43.0090043Z"
    c.upsert_entity(entity("d", moment=EntityProperty(exact, EdmType.DATETIME)))
    t.equal("a time keeps 100 nanoseconds", getattr(c.get_entity("p", "d")["moment"], "tables_service_value", exact), exact)


@group("table", "table.key-characters")
def keys(emulator, t):
    c = table(emulator)
    for key in ("it's", "a b", "é😀", "%27", "a+b", "=&,()", ""):
        c.upsert_entity(entity(key, partition=key, v=1))
        t.equal(f"a key survives: {key!r}", dict(c.get_entity(key, key)), entity(key, partition=key, v=1))
    for key in ("a/b", "a\\b", "a#b", "a?b", "a\tb"):
        t.raises(f"a key is refused: {key!r}", lambda: c.create_entity(entity(key)), 400)


@group("table", "table.filter", "table.filter-precedence", "table.select", "table.top", "table.order", "table.continuation")
def queries(emulator, t):
    c = table(emulator)
    moment = datetime.datetime(2024, 1, 1, tzinfo=UTC)
    identifier = uuid.UUID("11111111-2222-4333-8444-555555555555")
    for number in (3, 1, 0, 4, 2):
        c.create_entity(entity(f"r{number}", n=number, even=number % 2 == 0, d=number / 2, s=f"it's {number}",
                               big=EntityProperty(number * 10**10, EdmType.INT64), b=bytes([number]),
                               t=moment + datetime.timedelta(days=number), g=identifier if number == 2 else uuid.uuid4()))
    c.create_entity(entity("r0", partition="a", other=1))

    def rows(query, **parameters):
        return [x["RowKey"] for x in c.query_entities(query, parameters=parameters)]

    t.equal("entities are ordered by their keys", [(x["PartitionKey"], x["RowKey"]) for x in c.list_entities()],
            [("a", "r0"), ("p", "r0"), ("p", "r1"), ("p", "r2"), ("p", "r3"), ("p", "r4")])
    t.equal("keys select", rows("PartitionKey eq 'p' and RowKey ge 'r3'"), ["r3", "r4"])
    t.equal("integers compare", rows("n gt 1 and n le 3"), ["r2", "r3"])
    t.equal("64-bit integers compare", rows("big eq 20000000000L"), ["r2"])
    t.equal("doubles compare", rows("d lt 1.0"), ["r0", "r1"])
    t.equal("booleans compare", rows("even eq false"), ["r1", "r3"])
    t.equal("a quote in a text is doubled", rows("s eq 'it''s 4'"), ["r4"])
    t.equal("times compare", rows("t ge @t", t=moment + datetime.timedelta(days=3)), ["r3", "r4"])
    t.equal("identifiers compare", rows("g eq @g", g=identifier), ["r2"])
    t.equal("bytes compare", rows("b eq X'02'"), ["r2"])
    t.equal("and binds closer than or", rows("n eq 0 or n eq 1 and even eq false"), ["r0", "r1"])
    t.equal("parentheses bind closest", rows("(n eq 0 or n eq 1) and even eq false"), ["r1"])
    t.equal("not turns round", rows("PartitionKey eq 'p' and not (n lt 3)"), ["r3", "r4"])
    t.equal("an absent property is not unequal", rows("n ne 0"), ["r1", "r2", "r3", "r4"])
    t.equal("the timestamp compares", rows("Timestamp lt @t", t=moment), [])
    t.raises("a filter that is none is refused", lambda: rows("n eq ("), 400, "InvalidInput", HttpResponseError)
    chosen = list(c.query_entities("n eq 1", select=["RowKey", "n"]))
    t.equal("a selection reads some properties", [dict(x) for x in chosen], [{"RowKey": "r1", "n": 1}])
    pages = [[x["RowKey"] for x in page] for page in c.query_entities("PartitionKey eq 'p'", results_per_page=2).by_page()]
    t.equal("pages follow each other", pages, [["r0", "r1"], ["r2", "r3"], ["r4"]])
    emulator.control("PUT", "table/settings", {"emptyPages": True})
    pages = [[x["RowKey"] for x in page] for page in c.query_entities("PartitionKey eq 'p'", results_per_page=3).by_page()]
    t.equal("an empty page with a continuation is not the end", pages, [[], ["r0", "r1", "r2"], [], ["r3", "r4"]])
    emulator.control("PUT", "table/settings", {"emptyPages": False})


@group("table", "table.continuation")
def many(emulator, t):
    c = table(emulator)
    for start in range(0, 1100, 100):
        c.submit_transaction([("create", entity(f"r{number:05}")) for number in range(start, start + 100)])
    pages = [len(list(page)) for page in c.list_entities().by_page()]
    t.equal("a page has at most a thousand entities", pages, [1000, 100])


@group("table", "table.batch-atomic", "table.batch-index", "table.batch-duplicates")
def transactions(emulator, t):
    c = table(emulator)
    c.create_entity(entity("old", v=1))
    answers = c.submit_transaction([
        ("create", entity("a", v=1)), ("upsert", entity("b", v=2)), ("update", entity("old", w=2), {"mode": "merge"}),
        ("upsert", entity("c", v=3), {"mode": "replace"}),
    ])
    t.equal("a transaction answers for each change", len([x for x in answers if x["etag"]]), 4)
    t.equal("a transaction applies all changes", {x["RowKey"]: x.get("v") for x in c.list_entities()},
            {"a": 1, "b": 2, "c": 3, "old": 1})
    error = t.raises("a transaction with a conflict is refused", lambda: c.submit_transaction(
        [("create", entity("d")), ("delete", entity("a")), ("create", entity("b"))]), 409, "EntityAlreadyExists",
        TableTransactionError)
    t.equal("the change that failed is named", getattr(error, "index", None), 2)
    t.equal("a refused transaction changes nothing", [x["RowKey"] for x in c.list_entities()], ["a", "b", "c", "old"])
    etag = c.get_entity("p", "a").metadata["etag"]
    c.upsert_entity(entity("a", v=9))
    t.raises("a stale tag refuses a transaction", lambda: c.submit_transaction(
        [("create", entity("e")), ("delete", {**entity("a")}, {"etag": etag, "match_condition": MatchConditions.IfNotModified})]),
        412, "UpdateConditionNotSatisfied", TableTransactionError)
    t.raises("a missing entity refuses a transaction", lambda: c.submit_transaction(
        [("create", entity("e")), ("update", entity("missing", v=1))]), 404, "ResourceNotFound", TableTransactionError)
    t.raises("an entity stands once in a transaction", lambda: c.submit_transaction(
        [("upsert", entity("e")), ("upsert", entity("e"))]), 400, "InvalidDuplicateRow", TableTransactionError)
    t.equal("nothing of them is left", [x["RowKey"] for x in c.list_entities()], ["a", "b", "c", "old"])
    c.submit_transaction([("delete", entity("a")), ("delete", entity("b"))])
    t.equal("a transaction deletes", [x["RowKey"] for x in c.list_entities()], ["c", "old"])


@group("table", "table.sas-signature", "table.sas-expiry", "table.sas-permission", "table.sas-scope", "table.sas-protocol")
def signatures(emulator, t):
    c = table(emulator)
    c.create_entity(entity("r"))

    def client(permission="r", name=None, key=NAMED_KEY, **options):
        sas = generate_table_sas(key, c.table_name, permission=TableSasPermissions.from_string(permission),
                                 **{"expiry": later(hours=1), **options})
        return TableClient(emulator.http["table"], name or c.table_name, credential=AzureSasCredential(sas), **NEVER_AGAIN)

    t.equal("a signature for a table lets read it", dict(client().get_entity("p", "r")), entity("r"))
    t.raises("a signature to read does not let write", lambda: client().create_entity(entity("x")), 403,
             text="AuthorizationPermissionMismatch")
    client("a").create_entity(entity("x"))
    t.raises("a signature to add does not let delete", lambda: client("a").delete_entity("p", "x"), 403,
             "AuthorizationPermissionMismatch")
    t.raises("a forged signature is refused", lambda: client(
        key=AzureNamedKeyCredential(STORAGE_ACCOUNT, "AAAA")).get_entity("p", "r"), 403, "AuthenticationFailed")
    other = table(emulator)
    t.raises("a signature for one table is none for another", lambda: client("raud", other.table_name).get_entity("p", "r"),
             403, "AuthenticationFailed")
    t.raises("an expired signature is refused",
             lambda: client(start=later(hours=-2), expiry=later(hours=-1)).get_entity("p", "r"), 403)
    t.raises("a signature for https is refused over http", lambda: client(protocol="https").get_entity("p", "r"), 403,
             "AuthorizationProtocolMismatch")
    sas = generate_account_sas(NAMED_KEY, ResourceTypes(object=True), AccountSasPermissions(read=True), later(hours=1))
    whole = TableServiceClient(emulator.http["table"], credential=AzureSasCredential(sas), **NEVER_AGAIN)
    t.equal("a signature for the account lets read", dict(whole.get_table_client(c.table_name).get_entity("p", "r")), entity("r"))
    t.raises("a signature for objects lets list no tables", lambda: list(whole.list_tables()), 403)


if __name__ == "__main__":
    main("table")
