"""The official client of Cosmos, unmodified, with signatures checked."""

import datetime

from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.cosmos import CosmosClient, PartitionKey, ThroughputProperties
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError
from azure.cosmos.partition_key import NonePartitionKeyValue

from harness import COSMOS_KEY, fresh, group, main

# The client asks for its regions again in the background; what it is told here does not change.
OPTIONS = {"retry_total": 3, "retry_backoff_max": 1}


def client(emulator, **options):
    return CosmosClient(emulator.http["cosmos"], COSMOS_KEY, **{**OPTIONS, **options})


def settings(emulator, **values):
    status, _ = emulator.control("PUT", "cosmos/settings", values)
    if status != 204:
        raise ValueError(f"the emulator refuses the settings {values}")


def container(emulator, path="/pk", ranges=1, **options):
    settings(emulator, ranges=ranges)
    database = client(emulator).create_database(fresh("d"))
    return database.create_container(fresh("c"), PartitionKey(path) if isinstance(path, str) else path, **options)


def names(c):
    """The database and the container, as hooks want them."""
    _, database, _, collection = c.container_link.split("/")
    return {"database": database, "container": collection}


def sub_status(error):
    return getattr(error, "sub_status", None)


@group("cosmos", "cosmos.signature", "cosmos.name-conflict")
def databases(emulator, t):
    c = client(emulator)
    name = fresh("d")
    database = c.create_database(name)
    t.equal("a database is read back", database.read()["id"], name)
    t.raises("a second one of the name is refused", lambda: c.create_database(name), 409)
    t.equal("it is made once only if it is missing", c.create_database_if_not_exists(name).id, name)
    other = fresh("d")
    c.create_database_if_not_exists(other)
    t.equal("databases are listed", sorted(x["id"] for x in c.list_databases()), sorted([name, other]))
    found = c.query_databases("SELECT * FROM root r WHERE r.id = @id", parameters=[{"name": "@id", "value": other}])
    t.equal("databases are queried", [x["id"] for x in found], [other])
    c.delete_database(other)
    t.raises("a deleted database is gone", lambda: c.get_database_client(other).read(), 404)
    t.raises("a wrong key is refused", lambda: CosmosClient(
        emulator.http["cosmos"], COSMOS_KEY.replace("C2y6", "D2y6"), **OPTIONS), 401)


@group("cosmos", "cosmos.cascade", "cosmos.new-rid", "cosmos.key-change")
def containers(emulator, t):
    c = client(emulator)
    name = fresh("d")
    database = c.create_database(name)
    made = database.create_container("one", PartitionKey("/pk"), default_ttl=-1)
    known = made.read()
    t.equal("a container has its key", known["partitionKey"]["paths"], ["/pk"])
    t.equal("a container has its time to live", known["defaultTtl"], -1)
    t.true("the service completes the definition",
           known["indexingPolicy"]["automatic"] and known["conflictResolutionPolicy"]["mode"] == "LastWriterWins")
    t.raises("a second one of the name is refused", lambda: database.create_container("one", PartitionKey("/pk")), 409)
    t.equal("containers are listed", [x["id"] for x in database.list_containers()], ["one"])
    database.replace_container("one", PartitionKey("/pk"), default_ttl=100)
    t.equal("a container is replaced", made.read()["defaultTtl"], 100)
    t.raises("its key cannot be changed", lambda: database.replace_container("one", PartitionKey("/other")), 400)
    made.create_item({"id": "1", "pk": "a"})
    database.delete_container("one")
    t.raises("a deleted container is gone", lambda: database.get_container_client("one").read(), 404)
    again = database.create_container("one", PartitionKey("/pk"))
    t.true("a new one of the name is another one", again.read()["_rid"] != known["_rid"])
    # A new client, because the old one keeps the session of the container that is gone.
    again = client(emulator).get_database_client(name).get_container_client("one")
    t.equal("and has none of the documents", list(again.read_all_items()), [])
    again.create_item({"id": "1", "pk": "a"})
    c.delete_database(name)
    c.create_database(name)
    t.raises("a database takes its containers along", lambda: again.read(), 404)


@group("cosmos")
def throughput(emulator, t):
    database = client(emulator).create_database(fresh("d"))
    manual = database.create_container("m", PartitionKey("/pk"), offer_throughput=500)
    t.equal("a container has its throughput", manual.get_throughput().offer_throughput, 500)
    manual.replace_throughput(700)
    t.equal("it is changed", manual.get_throughput().offer_throughput, 700)
    auto = database.create_container("a", PartitionKey("/pk"),
                                     offer_throughput=ThroughputProperties(auto_scale_max_throughput=4000))
    t.equal("a container scales by itself", auto.get_throughput().auto_scale_max_throughput, 4000)
    t.raises("less than 400 is refused", lambda: database.create_container("x", PartitionKey("/pk"), offer_throughput=100),
             400)
    shared = client(emulator).create_database(fresh("d"), offer_throughput=1000)
    t.equal("a database has its own", shared.get_throughput().offer_throughput, 1000)
    settings(emulator, serverless=True)
    t.raises("a serverless account has none", lambda: database.create_container(
        "y", PartitionKey("/pk"), offer_throughput=500), 400)
    free = database.create_container("z", PartitionKey("/pk"))
    t.raises("and tells none", lambda: free.get_throughput())


@group("cosmos", "cosmos.item-conflict", "cosmos.upsert-status", "cosmos.minimal", "cosmos.doubles")
def items(emulator, t):
    c = container(emulator)
    made = c.create_item({"id": "1", "pk": "a", "v": 1, "n": {"x": [1, 2.5, None, True]}})
    t.true("the system adds its properties", all(made.get(x) is not None for x in ("_rid", "_self", "_etag", "_ts")))
    t.equal("a document is read back", c.read_item("1", "a"), made)
    t.equal("what was stored is what was sent", made["n"], {"x": [1, 2.5, None, True]})
    t.raises("a second one of the id is refused", lambda: c.create_item({"id": "1", "pk": "a"}), 409)
    t.equal("the id is free beside another key", c.create_item({"id": "1", "pk": "b"})["pk"], "b")
    t.raises("another key finds nothing", lambda: c.read_item("1", "c"), 404)
    seen = []
    c.upsert_item({"id": "2", "pk": "a", "v": 1}, raw_response_hook=lambda r: seen.append(r.http_response.status_code))
    c.upsert_item({"id": "2", "pk": "a", "v": 2}, raw_response_hook=lambda r: seen.append(r.http_response.status_code))
    t.equal("an upsert tells whether it has made the document", seen, [201, 200])
    t.equal("an upsert replaces", c.read_item("2", "a")["v"], 2)
    t.equal("a replace replaces", c.replace_item("2", {"id": "2", "pk": "a", "v": 3})["v"], 3)
    t.raises("a replace needs the document", lambda: c.replace_item("9", {"id": "9", "pk": "a"}), 404)
    t.equal("an answer may be minimal", dict(c.upsert_item({"id": "3", "pk": "a"}, no_response=True)), {})
    t.equal("a number is a double", c.upsert_item({"id": "4", "pk": "a", "v": 9007199254740993})["v"], 9007199254740992)
    c.delete_item("2", "a")
    t.raises("a deleted document is gone", lambda: c.read_item("2", "a"), 404)
    t.raises("and is not deleted twice", lambda: c.delete_item("2", "a"), 404)
    strange = "ä b+%'\"&="
    c.create_item({"id": strange, "pk": "é/\\?#"})
    t.equal("strange names are found", c.read_item(strange, "é/\\?#")["id"], strange)
    t.equal("all documents are read", len(list(c.read_all_items())), 5)


@group("cosmos", "cosmos.if-match", "cosmos.etag-changes", "cosmos.if-none-match")
def conditions(emulator, t):
    c = container(emulator)
    first = c.create_item({"id": "1", "pk": "a", "v": 1})
    second = c.replace_item("1", {"id": "1", "pk": "a", "v": 2}, etag=first["_etag"],
                            match_condition=MatchConditions.IfNotModified)
    t.true("each write gives a new tag", second["_etag"] != first["_etag"])
    stale = {"etag": first["_etag"], "match_condition": MatchConditions.IfNotModified}
    body = {"id": "1", "pk": "a", "v": 3}
    t.raises("a replace with an old tag is refused", lambda: c.replace_item("1", body, **stale), 412)
    t.raises("an upsert with an old tag is refused", lambda: c.upsert_item(body, **stale), 412)
    t.raises("a delete with an old tag is refused", lambda: c.delete_item("1", "a", **stale), 412)
    t.raises("a patch with an old tag is refused", lambda: c.patch_item(
        "1", "a", [{"op": "set", "path": "/v", "value": 9}], **stale), 412)
    t.equal("nothing of it was done", c.read_item("1", "a")["v"], 2)
    t.equal("a read of what is known has no body", dict(c.read_item(
        "1", "a", etag=second["_etag"], match_condition=MatchConditions.IfModified)), {})
    t.equal("a read of what is new has one", c.read_item(
        "1", "a", etag=first["_etag"], match_condition=MatchConditions.IfModified)["v"], 2)


@group("cosmos", "cosmos.query-scope", "cosmos.range-filter", "cosmos.sub-range")
def keys(emulator, t):
    c = container(emulator, ranges=4)
    for name, value in (("text", "1"), ("number", 1), ("yes", True), ("nothing", None), ("empty", "")):
        c.create_item({"id": name, "pk": value})
    c.create_item({"id": "absent"})
    for name, value in (("text", "1"), ("number", 1), ("yes", True), ("nothing", None), ("empty", "")):
        t.equal(f"a key of its own: {name}", [x["id"] for x in c.query_items("SELECT * FROM c", partition_key=value)]
                if value is not None else [c.read_item(name, None)["id"]], [name])
    t.equal("a key that is absent", c.read_item("absent", NonePartitionKeyValue)["id"], "absent")
    h = container(emulator, PartitionKey(["/t", "/u"], kind="MultiHash"), ranges=4)
    for tenant in ("x", "y"):
        for user in range(5):
            h.create_item({"id": f"{tenant}{user}", "t": tenant, "u": user})
    t.equal("a key of two levels", h.read_item("y3", ["y", 3])["u"], 3)
    t.equal("a query of both levels", [x["id"] for x in h.query_items("SELECT * FROM c", partition_key=["x", 2])], ["x2"])
    t.equal("a query of the first level", sorted(
        x["id"] for x in h.query_items("SELECT * FROM c", partition_key=["x"])), [f"x{n}" for n in range(5)])


@group("cosmos", "cosmos.patch-condition", "cosmos.patch-limit", "cosmos.patch-path")
def patches(emulator, t):
    c = container(emulator)
    c.create_item({"id": "1", "pk": "a", "v": 1, "list": [1, 2], "deep": {"x": 1}})
    patched = c.patch_item("1", "a", [
        {"op": "set", "path": "/v", "value": 2}, {"op": "add", "path": "/new", "value": {"y": 1}},
        {"op": "incr", "path": "/deep/x", "value": 4}, {"op": "add", "path": "/list/-", "value": 3},
        {"op": "add", "path": "/list/0", "value": 0}, {"op": "replace", "path": "/new/y", "value": 7},
        {"op": "remove", "path": "/list/1"}, {"op": "move", "from": "/new", "path": "/moved"}])
    t.equal("a patch carries all operations out", (patched["v"], patched["deep"], patched["list"], patched["moved"]),
            (2, {"x": 5}, [0, 2, 3], {"y": 7}))
    t.true("what was moved is gone", "new" not in patched)
    change = [{"op": "set", "path": "/v", "value": 5}]
    t.raises("a condition that does not hold is refused", lambda: c.patch_item(
        "1", "a", change, filter_predicate="from c where c.v = 1"), 412)
    t.equal("one that holds is not", c.patch_item("1", "a", change, filter_predicate="from c where c.v = 2")["v"], 5)
    t.raises("a path that is missing is refused", lambda: c.patch_item(
        "1", "a", [{"op": "replace", "path": "/none", "value": 1}]), 400)
    t.raises("and nothing of the patch is done", lambda: c.patch_item(
        "1", "a", [{"op": "set", "path": "/v", "value": 6}, {"op": "remove", "path": "/none"}]), 400)
    t.equal("the document is as before", c.read_item("1", "a")["v"], 5)
    t.raises("more than ten operations are refused", lambda: c.patch_item("1", "a", change * 11), 400)
    t.raises("the key is not patched", lambda: c.patch_item("1", "a", [{"op": "set", "path": "/pk", "value": "b"}]), 400)
    t.raises("a document is needed", lambda: c.patch_item("2", "a", change), 404)


@group("cosmos", "cosmos.batch-atomic", "cosmos.batch-key", "cosmos.batch-limit")
def batches(emulator, t):
    c = container(emulator)
    c.create_item({"id": "old", "pk": "a", "v": 1})
    c.create_item({"id": "gone", "pk": "a"})
    results = c.execute_item_batch([
        ("create", ({"id": "1", "pk": "a"},)), ("upsert", ({"id": "2", "pk": "a"},)), ("read", ("old",)),
        ("replace", ("old", {"id": "old", "pk": "a", "v": 2})),
        ("patch", ("old", [{"op": "incr", "path": "/v", "value": 1}])), ("delete", ("gone",))], "a")
    t.equal("each operation has its status", [x["statusCode"] for x in results], [201, 201, 200, 200, 200, 204])
    t.equal("later ones see earlier ones", results[4]["resourceBody"]["v"], 3)
    error = t.raises("one that fails fails all", lambda: c.execute_item_batch([
        ("upsert", ({"id": "new", "pk": "a"},)), ("replace", ("old", {"id": "old", "pk": "a", "v": 9})),
        ("create", ({"id": "1", "pk": "a"},)), ("delete", ("2",))], "a"), kind=CosmosBatchOperationError)
    t.equal("the culprit is told", (error.error_index, [x["statusCode"] for x in error.operation_responses]),
            (2, [424, 424, 409, 424]))
    t.raises("nothing of it was written", lambda: c.read_item("new", "a"), 404)
    t.equal("and nothing replaced", c.read_item("old", "a")["v"], 3)
    t.equal("nor does the feed know of it", sorted(
        x["id"] for x in c.query_items_change_feed(start_time="Beginning")), ["1", "2", "old"])
    stale = c.read_item("old", "a")["_etag"]
    c.upsert_item({"id": "old", "pk": "a", "v": 4})
    error = t.raises("a condition is looked at", lambda: c.execute_item_batch([
        ("replace", ("old", {"id": "old", "pk": "a", "v": 5}), {"if_match_etag": stale}),
        ("create", ({"id": "3", "pk": "a"},))], "a"), kind=CosmosBatchOperationError)
    t.equal("it fails the batch", [x["statusCode"] for x in error.operation_responses], [412, 424])
    t.raises("another key is refused", lambda: c.execute_item_batch([("create", ({"id": "5", "pk": "b"},))], "a"))
    many = [("upsert", ({"id": f"m{n}", "pk": "a"},)) for n in range(101)]
    t.raises("more than a hundred are refused", lambda: c.execute_item_batch(many, "a"), 400)
    t.equal("a hundred are not", len(c.execute_item_batch(many[:100], "a")), 100)


@group("cosmos", "cosmos.query-filter", "cosmos.query-order", "cosmos.plan-needed", "cosmos.page-size",
       "cosmos.continuation")
def queries(emulator, t):
    c = container(emulator, ranges=4)
    for n in range(40):
        c.create_item({"id": str(n), "pk": f"p{n % 8}", "n": n, "even": n % 2 == 0, "deep": {"x": [n, -n]}})
    c.create_item({"id": "bare", "pk": "p0"})

    def ask(text, *values, **options):
        parameters = [{"name": f"@{index}", "value": value} for index, value in enumerate(values)]
        options = options or {"enable_cross_partition_query": True}
        return list(c.query_items(text, parameters=parameters or None, **options))

    t.equal("a filter over all ranges", sorted(x["n"] for x in ask("SELECT * FROM c WHERE c.n >= @0", 37)), [37, 38, 39])
    t.equal("a filter within a key", sorted(
        x["n"] for x in ask("SELECT * FROM c WHERE c.n < 20", partition_key="p3")), [3, 11, 19])
    t.equal("a value", ask("SELECT VALUE c.deep.x[1] FROM c WHERE c.n = 7"), [-7])
    t.equal("a list of values", ask("SELECT c.n, c.deep.x AS xs FROM c WHERE c.id = '3'"), [{"n": 3, "xs": [3, -3]}])
    t.equal("an order over all ranges", [x["n"] for x in ask(
        "SELECT * FROM c WHERE c.even = true ORDER BY c.n DESC")], list(range(38, -1, -2)))
    t.equal("an order of texts", ask("SELECT VALUE c.id FROM c WHERE c.n < 12 ORDER BY c.id"),
            ["0", "1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"])
    t.equal("an order with what is missing first", [x["id"] for x in ask(
        "SELECT * FROM c ORDER BY c.n", partition_key="p0")][:2], ["bare", "0"])
    t.equal("an order within a key", [x["n"] for x in ask(
        "SELECT * FROM c WHERE IS_DEFINED(c.n) ORDER BY c.n DESC", partition_key="p0")], [32, 24, 16, 8, 0])
    t.equal("a count over all ranges", ask("SELECT VALUE COUNT(1) FROM c"), [41])
    t.equal("a sum", ask("SELECT VALUE SUM(c.n) FROM c WHERE c.n < 10"), [45])
    t.equal("a least and a greatest", (ask("SELECT VALUE MIN(c.n) FROM c"), ask("SELECT VALUE MAX(c.n) FROM c")), ([0], [39]))
    t.equal("a mean", ask("SELECT VALUE AVG(c.n) FROM c WHERE IS_DEFINED(c.n)"), [19.5])
    t.equal("the first of an order", [x["n"] for x in ask(
        "SELECT TOP 3 * FROM c WHERE IS_DEFINED(c.n) ORDER BY c.n")], [0, 1, 2])
    t.equal("a part of an order", [x["n"] for x in ask(
        "SELECT * FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n OFFSET 5 LIMIT 3")], [5, 6, 7])
    t.equal("distinct values", sorted(ask("SELECT DISTINCT VALUE c.pk FROM c")), [f"p{n}" for n in range(8)])
    t.equal("parameters of all types", sorted(x["n"] for x in ask(
        "SELECT * FROM c WHERE (c.even = @0 AND c.n IN (@1, 4)) OR c.id = @2", True, 2, "5")), [2, 4, 5])
    t.equal("functions of texts", sorted(x["id"] for x in ask(
        "SELECT * FROM c WHERE STARTSWITH(c.id, '3') AND NOT ENDSWITH(c.id, '0') AND CONTAINS(c.pk, 'p7')")), ["31", "39"])
    t.equal("bounds", len(ask("SELECT * FROM c WHERE c.n BETWEEN 5 AND 9")), 5)
    t.equal("null and undefined are two", len(ask("SELECT * FROM c WHERE c.none = null")), 0)
    t.raises("a key or the consent to go without is needed", lambda: list(c.query_items("SELECT * FROM c")), 400)
    t.raises("what is no query is refused", lambda: ask("SELECT FROM WHERE"), 400)
    pages = [[x["n"] for x in page] for page in c.query_items(
        "SELECT * FROM c", partition_key="p1", max_item_count=2).by_page()]
    t.equal("pages have their size", [page for page in pages if page], [[1, 9], [17, 25], [33]])
    pager = c.query_items("SELECT * FROM c WHERE c.n >= 0", enable_cross_partition_query=True, max_item_count=7).by_page()
    first = [x["n"] for x in next(pager)]
    rest = c.query_items("SELECT * FROM c WHERE c.n >= 0", enable_cross_partition_query=True, max_item_count=7).by_page(
        pager.continuation_token)
    t.equal("a query goes on from its token", sorted(first + [x["n"] for page in rest for x in page]), list(range(40)))
    settings(emulator, emptyPages=True)
    t.equal("an empty page is no end", len(ask("SELECT * FROM c")), 41)
    t.equal("nor in an order", len(ask("SELECT * FROM c ORDER BY c.id")), 41)


@group("cosmos", "cosmos.feed-latest", "cosmos.feed-now", "cosmos.feed-since", "cosmos.range-filter")
def change_feed(emulator, t):
    c = container(emulator, ranges=3)
    for n in range(9):
        c.create_item({"id": str(n), "pk": f"p{n}", "v": 0})
    seen = [x["id"] for x in c.query_items_change_feed(start_time="Beginning")]
    t.equal("the feed has all documents once", sorted(seen), [str(n) for n in range(9)])
    c.upsert_item({"id": "3", "pk": "p3", "v": 1})
    c.upsert_item({"id": "3", "pk": "p3", "v": 2})
    c.delete_item("4", "p4")
    all_of = list(c.query_items_change_feed(start_time="Beginning"))
    t.equal("a document is in it once, as it is now", [x["v"] for x in all_of if x["id"] == "3"], [2])
    t.true("a deleted one is not", "4" not in [x["id"] for x in all_of])
    one = [x["id"] for x in c.query_items_change_feed(start_time="Beginning", partition_key="p5")]
    t.equal("the feed of a key", one, ["5"])
    parts = [sorted(x["id"] for x in c.query_items_change_feed(start_time="Beginning", feed_range=part))
             for part in c.read_feed_ranges()]
    t.equal("the feeds of the ranges have no document twice", sorted(sum(parts, [])), ["0", "1", "2", "3", "5", "6", "7", "8"])
    t.equal("there are as many as ranges", len(parts), 3)
    t.equal("the feed from now on has nothing", list(c.query_items_change_feed(start_time="Now")), [])
    pager = c.query_items_change_feed(start_time="Now")
    list(pager)
    token = c.client_connection.last_response_headers["etag"]
    c.upsert_item({"id": "later", "pk": "p1"})
    t.equal("it goes on from its token", [x["id"] for x in c.query_items_change_feed(continuation=token)], ["later"])
    emulator.advance(7200)
    c.upsert_item({"id": "much later", "pk": "p1"})
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    t.equal("the feed from a time on", [x["id"] for x in c.query_items_change_feed(start_time=start)], ["much later"])


@group("cosmos")
def all_versions(emulator, t):
    c = container(emulator)
    c.create_item({"id": "before", "pk": "a"})
    pager = c.query_items_change_feed(mode="AllVersionsAndDeletes")
    list(pager)
    token = c.client_connection.last_response_headers["etag"]
    c.create_item({"id": "1", "pk": "a", "v": 1})
    c.upsert_item({"id": "1", "pk": "a", "v": 2})
    c.delete_item("1", "a")
    changes = list(c.query_items_change_feed(mode="AllVersionsAndDeletes", continuation=token))
    t.equal("each change is in it", [x["metadata"]["operationType"] for x in changes], ["create", "replace", "delete"])
    t.equal("with what was before", [x.get("previous", {}).get("v") for x in changes], [None, 1, 2])
    t.equal("and after", [x["current"].get("v") for x in changes], [1, 2, None])


@group("cosmos", "cosmos.ttl")
def time_to_live(emulator, t):
    c = container(emulator, default_ttl=100)
    c.create_item({"id": "short", "pk": "a", "ttl": 10})
    c.create_item({"id": "default", "pk": "a"})
    c.create_item({"id": "ever", "pk": "a", "ttl": -1})
    emulator.advance(50)
    t.raises("a document expires", lambda: c.read_item("short", "a"), 404)
    t.equal("and is in no query", sorted(x["id"] for x in c.query_items("SELECT * FROM c", partition_key="a")),
            ["default", "ever"])
    c.create_item({"id": "short", "pk": "a"})
    emulator.advance(60)
    t.equal("the container's own time counts for the others", sorted(x["id"] for x in c.read_all_items()), ["ever", "short"])
    t.equal("the feed does not know them either", sorted(
        x["id"] for x in c.query_items_change_feed(start_time="Beginning")), ["ever", "short"])
    t.raises("a time to live that is none is refused", lambda: c.create_item({"id": "x", "pk": "a", "ttl": "soon"}), 400)


@group("cosmos", "cosmos.unique-key")
def unique_keys(emulator, t):
    c = container(emulator, unique_key_policy={"uniqueKeys": [{"paths": ["/mail"]}]})
    c.create_item({"id": "1", "pk": "a", "mail": "x"})
    error = t.raises("a value that is taken is refused", lambda: c.create_item({"id": "2", "pk": "a", "mail": "x"}), 409)
    t.equal("with a substatus of its own", sub_status(error), 3301)
    t.equal("it is free beside another key", c.create_item({"id": "2", "pk": "b", "mail": "x"})["pk"], "b")
    c.delete_item("1", "a")
    t.equal("and after its document is gone", c.create_item({"id": "2", "pk": "a", "mail": "x"})["id"], "2")


@group("cosmos", "cosmos.range-gone", "cosmos.range-parents")
def splits(emulator, t):
    c = container(emulator, ranges=2)
    for n in range(30):
        c.create_item({"id": str(n), "pk": f"p{n}", "n": n})
    feeds = list(c.read_feed_ranges())
    t.equal("two ranges", len(feeds), 2)
    before = [x["id"] for x in c.query_items("SELECT * FROM c ORDER BY c.n", enable_cross_partition_query=True)]
    pager = c.query_items_change_feed(start_time="Beginning", feed_range=feeds[0], max_item_count=3).by_page()
    got = [x["id"] for x in next(pager)]
    status, _ = emulator.control("POST", "cosmos/split", {**names(c), "range": "0"})
    t.equal("a range is split", status, 204)
    t.equal("documents are read after it", c.read_item("5", "p5")["n"], 5)
    t.equal("and written", c.upsert_item({"id": "30", "pk": "p30", "n": 30})["n"], 30)
    after = [x["id"] for x in c.query_items("SELECT * FROM c ORDER BY c.n", enable_cross_partition_query=True)]
    t.equal("an order goes on over the children", after, before + ["30"])
    got += [x["id"] for page in pager for x in page]
    whole = [x["id"] for x in c.query_items_change_feed(start_time="Beginning", feed_range=feeds[0])]
    t.equal("a feed goes on over the children", sorted(got), sorted(whole))
    t.equal("there are three now", len(list(c.read_feed_ranges(force_refresh=True))), 3)
    status, _ = emulator.control("POST", "cosmos/merge", {**names(c), "ranges": ["2", "3"]})
    t.equal("two ranges are merged", status, 204)
    # The client does not follow a merge in the middle of an order by itself.
    t.equal("there are two again", len(list(c.read_feed_ranges(force_refresh=True))), 2)
    t.equal("a query goes on", len(list(c.query_items(
        "SELECT * FROM c ORDER BY c.n", enable_cross_partition_query=True))), 31)


@group("cosmos", "cosmos.session")
def throttling_and_sessions(emulator, t):
    c = container(emulator)
    c.create_item({"id": "1", "pk": "a"})
    emulator.faults({"service": "cosmos", "path": "*/docs*", "next": 2, "effect": {
        "status": 429, "headers": {"x-ms-substatus": "3200"}, "retryAfterMilliseconds": 5, "body": "{}"}})
    t.equal("the client waits and asks again", c.read_item("1", "a")["id"], "1")
    emulator.faults({"service": "cosmos", "method": "GET", "path": "*/docs/*", "next": 1, "effect": {"reset": "before"}})
    t.equal("a read survives a reset", c.read_item("1", "a")["id"], "1")
    settings(emulator, laggingReads=1)
    c.upsert_item({"id": "1", "pk": "a", "v": 1})
    t.equal("a replica that is behind is not asked for ever", c.read_item("1", "a")["v"], 1)
    future = "0:0#999999#1=999999"
    error = t.raises("a session that is ahead is not served", lambda: c.read_item("1", "a", session_token=future), 404)
    t.equal("and is not taken for a document that is missing", sub_status(error), 1002)


class Tokens:
    """A credential that asks the emulator for its tokens."""

    def __init__(self, emulator, seconds=3600):
        self._emulator, self._seconds = emulator, seconds

    def get_token(self, *scopes, **_):
        resource = scopes[0].removesuffix("/.default")
        _, answer = self._emulator.control("GET", f"identity/token?resource={resource}&seconds={self._seconds}")
        return AccessToken(answer["access_token"], 2_000_000_000)


@group("cosmos", "cosmos.control-plane", "cosmos.token")
def tokens(emulator, t):
    made = container(emulator)
    made.create_item({"id": "1", "pk": "a"})
    c = CosmosClient(emulator.https["cosmos"], Tokens(emulator), **OPTIONS)
    where = names(made)
    known = c.get_database_client(where["database"]).get_container_client(where["container"])
    t.equal("a token opens the documents", known.read_item("1", "a")["id"], "1")
    t.equal("also for writing", known.upsert_item({"id": "2", "pk": "a"})["id"], "2")
    error = t.raises("but makes no database", lambda: c.create_database(fresh("d")), 403)
    t.equal("with a substatus of its own", sub_status(error), 5300)
    emulator.advance(7200)
    t.raises("an expired token is refused", lambda: CosmosClient(
        emulator.https["cosmos"], Tokens(emulator, seconds=-10), **OPTIONS), 401, kind=CosmosHttpResponseError)


if __name__ == "__main__":
    main("cosmos")
