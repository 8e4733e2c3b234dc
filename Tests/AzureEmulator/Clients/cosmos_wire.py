"""Plain HTTP with a signer of its own: what the official client of Cosmos does not send, or hides."""

import base64
import email.utils
import hashlib
import hmac
import json
import time
import urllib.parse

from harness import COSMOS_KEY, exchange, fresh, group, main


def signature(method, path, date):
    """The header Authorization of a request."""
    segments = [urllib.parse.unquote(part) for part in path.partition("?")[0].split("/") if part]
    odd = len(segments) % 2 == 1
    kind = segments[-1] if odd else segments[-2] if segments else ""
    # An offer is named by its number alone, in lower case.
    link = segments[-1].lower() if kind == "offers" and not odd else "/".join(segments[:-1] if odd else segments)
    text = f"{method.lower()}\n{kind.lower()}\n{link}\n{date.lower()}\n\n"
    digest = hmac.new(base64.b64decode(COSMOS_KEY), text.encode(), hashlib.sha256).digest()
    return urllib.parse.quote(f"type=master&ver=1.0&sig={base64.b64encode(digest).decode()}", safe="-_.!~*'()")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.substatus = response.headers.get("x-ms-substatus")
        self.etag = response.headers.get("etag")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def ids(self):
        return [x["id"] for x in self.json["Documents"]]


def send(emulator, method, path, value=None, body=None, seconds=0, authorization=None, secure=False, **headers):
    """Sends one request. Names of headers are written with underscores; `seconds` moves its date."""
    if body is None:
        body = b"" if value is None else json.dumps(value).encode()
    date = email.utils.formatdate(time.time() + seconds, usegmt=True)
    fields = {"x-ms-date": date, "x-ms-version": "2020-07-15", "content-type": "application/json",
              "authorization": authorization or signature(method, path, date)}
    fields.update({name.replace("_", "-"): text for name, text in headers.items()})
    if body or method in ("PUT", "POST", "PATCH"):
        fields["content-length"] = str(len(body))
    return exchange(emulator, "cosmos", secure, method, path, fields, body, Answer)


def key(*values):
    return {"x_ms_documentdb_partitionkey": json.dumps(list(values))}


def made(emulator, ranges=1, paths=("/pk",), **settings):
    """The path of a new container."""
    emulator.control("PUT", "cosmos/settings", {"ranges": ranges, **settings})
    database, name = fresh("d"), fresh("c")
    send(emulator, "POST", "/dbs", {"id": database})
    send(emulator, "POST", f"/dbs/{database}/colls", {
        "id": name, "partitionKey": {"paths": list(paths), "kind": "Hash" if len(paths) == 1 else "MultiHash", "version": 2}})
    return f"/dbs/{database}/colls/{name}"


def put(emulator, c, item, **headers):
    return send(emulator, "POST", f"{c}/docs", item, **{**key(item["pk"]), **headers})


def query(emulator, c, text, **headers):
    return send(emulator, "POST", f"{c}/docs", {"query": text, "parameters": []},
                **{"content_type": "application/query+json", "x_ms_documentdb_isquery": "True", **headers})


def token(emulator, resource, seconds=3600):
    parameters = urllib.parse.urlencode({"resource": resource, "seconds": seconds})
    return "type=aad&ver=1.0&sig=" + emulator.control("GET", f"identity/token?{parameters}")[1]["access_token"]


@group("cosmos", "cosmos.signature", "cosmos.date", "cosmos.charge")
def requests(emulator, t):
    c = made(emulator)
    answer = send(emulator, "GET", c)
    t.equal("a signed request is served", answer.status, 200)
    t.true("an answer has its price and its number",
           float(answer.headers["x-ms-request-charge"]) > 0 and answer.headers["x-ms-activity-id"])
    missing = send(emulator, "GET", f"{c}/docs/none", **key("a"))
    t.true("so has a refusal", missing.status == 404 and missing.headers["x-ms-request-charge"])
    t.equal("a refusal has its code", missing.json["code"], "NotFound")
    t.equal("a slash at the end is no part of the link", send(emulator, "GET", f"{c}/").status, 200)
    t.equal("an unsigned request is refused", send(emulator, "GET", c, authorization="none").status, 401)
    date = email.utils.formatdate(time.time(), usegmt=True)
    t.equal("so is one signed for another link", send(
        emulator, "GET", c, authorization=signature("GET", "/dbs/x", date)).status, 401)
    t.equal("so is an old one", send(emulator, "GET", c, seconds=-1200).status, 403)
    answer = send(emulator, "GET", "/")
    t.equal("the account names its own address", answer.json["writableLocations"][0]["databaseAccountEndpoint"],
            emulator.http["cosmos"])


@group("cosmos", "cosmos.token", "cosmos.token-needs-tls", "cosmos.control-plane")
def tokens(emulator, t):
    c = made(emulator)
    put(emulator, c, {"id": "1", "pk": "a"})
    good = token(emulator, "https://cosmos.azure.com")

    def read(authorization, secure=True):
        return send(emulator, "GET", f"{c}/docs/1", authorization=authorization, secure=secure, **key("a")).status

    t.equal("a token is taken as it is", read(good), 200)
    t.equal("and percent-encoded", read(urllib.parse.quote(good, safe="")), 200)
    t.equal("but not in the open", read(good, secure=False), 401)
    t.equal("one for another service is refused", read(token(emulator, "https://storage.azure.com")), 401)
    t.equal("and one that was changed", read(good[:-4] + "AAAA"), 401)
    emulator.advance(7200)
    t.equal("and one that has expired", read(good), 401)
    fresh_one = token(emulator, "https://cosmos.azure.com")
    answer = send(emulator, "DELETE", c, authorization=fresh_one, secure=True)
    t.equal("a token deletes no container", (answer.status, answer.substatus), (403, "5300"))


@group("cosmos", "cosmos.id-characters", "cosmos.item-size", "cosmos.key-mismatch", "cosmos.key-needed",
       "cosmos.intended-rid", "cosmos.minimal", "cosmos.upsert-status", "cosmos.item-conflict")
def items(emulator, t):
    c = made(emulator)
    answer = put(emulator, c, {"id": "1", "pk": "a"})
    t.equal("a document is created", answer.status, 201)
    t.equal("its tag is in header and body", answer.etag, answer.json["_etag"])
    t.true("with a session", answer.headers["x-ms-session-token"].startswith("0:"))
    t.equal("the order of the system's properties", list(answer.json),
            ["id", "pk", "_rid", "_self", "_etag", "_attachments", "_ts"])
    t.equal("a second one is refused", put(emulator, c, {"id": "1", "pk": "a"}).status, 409)
    t.equal("a missing key is refused", send(emulator, "POST", f"{c}/docs", {"id": "2", "pk": "a"}).status, 400)
    answer = put(emulator, c, {"id": "2", "pk": "a"}, **key("b"))
    t.equal("another key in the header is refused", (answer.status, answer.substatus), (400, "1001"))
    for name in ("a/b", "a\\b", "x" * 1024, ""):
        t.equal(f"an id that is none is refused: {name[:3]!r}", put(emulator, c, {"id": name, "pk": "a"}).status, 400)
    t.equal("a long id is taken", put(emulator, c, {"id": "x" * 1023, "pk": "a"}).status, 201)
    large = {"id": "large", "pk": "a", "v": "x" * (2 << 20)}
    t.equal("a document that is too large is refused", put(emulator, c, large).status, 413)
    deep = b'{"id":"deep","pk":"a","v":' + b"[" * 130 + b"]" * 130 + b"}"
    t.equal("one that is too deep, too", send(emulator, "POST", f"{c}/docs", body=deep, **key("a")).status, 400)
    answer = put(emulator, c, {"id": "1", "pk": "a"}, x_ms_documentdb_is_upsert="True", prefer="return=minimal")
    t.equal("an upsert of a known one", (answer.status, answer.body), (200, b""))
    t.true("a minimal answer keeps the tag", answer.etag)
    rid = send(emulator, "GET", c).json["_rid"]
    mine = {**key("a"), "x_ms_cosmos_intended_collection_rid": rid}
    t.equal("the container that is meant", send(emulator, "GET", f"{c}/docs/1", **mine).status, 200)
    mine["x_ms_cosmos_intended_collection_rid"] = "AAAAAIAAAAA="
    answer = send(emulator, "GET", f"{c}/docs/1", **mine)
    t.equal("another container is refused", (answer.status, answer.substatus), (400, "1024"))
    t.equal("the id of the link counts", send(emulator, "PUT", f"{c}/docs/1", {"id": "9", "pk": "a"}, **key("a")).status, 400)
    answer = send(emulator, "GET", f"{c}/docs/1", if_none_match=answer.headers.get("etag") or put(
        emulator, c, {"id": "1", "pk": "a"}, x_ms_documentdb_is_upsert="True").etag, **key("a"))
    t.equal("a known document is not sent again", (answer.status, answer.body), (304, b""))


@group("cosmos", "cosmos.bulk-range", "cosmos.batch-limit")
def bulk(emulator, t):
    c = made(emulator, ranges=2)
    places = {}
    for n in range(20):
        places[f"p{n}"] = put(emulator, c, {"id": "x", "pk": f"p{n}"}).headers["x-ms-documentdb-partitionkeyrangeid"]
    t.equal("keys lie in both ranges", set(places.values()), {"0", "1"})
    here = [name for name in places if places[name] == "0"]
    there = [name for name in places if places[name] == "1"]

    def send_bulk(operations, **headers):
        return send(emulator, "POST", f"{c}/docs", operations, **{
            "x_ms_documentdb_partitionkeyrangeid": "0", "x_ms_cosmos_is_batch_request": "True",
            "x_ms_cosmos_batch_atomic": "False", "x_ms_cosmos_batch_continue_on_error": "True", **headers})

    def create(name, identifier):
        return {"operationType": "Create", "partitionKey": json.dumps([name]), "resourceBody": {"id": identifier, "pk": name}}

    answer = send_bulk([create(here[0], "1"), create(here[0], "x"), create(there[0], "1"), create(here[1], "2")])
    t.equal("each operation has its own status", [x["statusCode"] for x in answer.json], [201, 409, 410, 201])
    t.equal("a key of another range has its substatus", answer.json[2]["subStatusCode"], 1002)
    t.equal("the whole tells that some failed", answer.status, 207)
    t.equal("what did not fail was done", send(emulator, "GET", f"{c}/docs/2", **key(here[1])).status, 200)
    t.equal("all well", send_bulk([create(here[0], "8")]).status, 200)
    t.equal("more than a hundred are refused", send_bulk([create(here[0], f"m{n}") for n in range(101)]).status, 400)
    emulator.control("POST", "cosmos/split", {"database": c.split("/")[2], "container": c.split("/")[4], "range": "0"})
    answer = send_bulk([create(here[0], "9")])
    t.equal("a range that was split is gone", (answer.status, answer.substatus), (410, "1002"))


@group("cosmos", "cosmos.ranges-end", "cosmos.range-parents", "cosmos.range-gone")
def ranges(emulator, t):
    c = made(emulator, ranges=4)
    answer = send(emulator, "GET", f"{c}/pkranges")
    listed = answer.json["PartitionKeyRanges"]
    t.equal("the ranges", [(x["minInclusive"], x["maxExclusive"]) for x in listed], [
        ("", "10" + "0" * 30), ("10" + "0" * 30, "20" + "0" * 30), ("20" + "0" * 30, "30" + "0" * 30), ("30" + "0" * 30, "FF")])
    again = send(emulator, "GET", f"{c}/pkranges", if_none_match=answer.etag, a_im="Incremental Feed")
    t.equal("their feed ends", (again.status, again.body), (304, b""))
    where = {"database": c.split("/")[2], "container": c.split("/")[4]}
    emulator.control("POST", "cosmos/split", {**where, "range": "1"})
    news = send(emulator, "GET", f"{c}/pkranges", if_none_match=answer.etag, a_im="Incremental Feed")
    t.equal("a split brings two", [(x["id"], x["parents"]) for x in news.json["PartitionKeyRanges"]], [
        ("4", ["1"]), ("5", ["1"])])
    gone = send(emulator, "GET", f"{c}/docs", x_ms_documentdb_partitionkeyrangeid="1", a_im="Incremental Feed")
    t.equal("the old one is gone", (gone.status, gone.substatus), (410, "1002"))
    emulator.control("POST", "cosmos/merge", {**where, "ranges": ["4", "5"]})
    merged = send(emulator, "GET", f"{c}/pkranges").json["PartitionKeyRanges"]
    t.equal("a merge brings one", [x["id"] for x in merged], ["0", "6", "2", "3"])


@group("cosmos", "cosmos.feed-end", "cosmos.feed-token", "cosmos.feed-now", "cosmos.feed-latest", "cosmos.feed-since",
       "cosmos.sub-range", "cosmos.range-filter")
def change_feed(emulator, t):
    c = made(emulator, ranges=2)

    def feed(**headers):
        return send(emulator, "GET", f"{c}/docs", a_im="Incremental Feed", **headers)

    for n in range(12):
        put(emulator, c, {"id": str(n), "pk": f"p{n}"})
    zero, one = (feed(x_ms_documentdb_partitionkeyrangeid=x).ids for x in ("0", "1"))
    t.true("each range has its own", zero and one and not set(zero) & set(one))
    t.equal("together they have all", sorted(zero + one, key=int), [str(n) for n in range(12)])
    lower = feed(x_ms_documentdb_partitionkeyrangeid="0", x_ms_read_key_type="EffectivePartitionKeyRange",
                 x_ms_start_epk="", x_ms_end_epk="10" + "0" * 30).ids
    t.true("a part of a range has less", set(lower) < set(zero), (lower, zero))
    t.equal("a feed of a key", feed(**key("p3")).ids, ["3"])
    page = feed(x_ms_max_item_count="5")
    t.equal("a page has its size", len(page.ids), 5)
    rest = feed(if_none_match=page.etag)
    t.equal("the next goes on", page.ids + rest.ids, [str(n) for n in range(12)])
    end = feed(if_none_match=rest.etag)
    t.equal("the end has no body", (end.status, end.body), (304, b""))
    t.equal("but a token", end.etag, rest.etag)
    now = feed(if_none_match="*")
    t.equal("now is an end", (now.status, now.etag), (304, rest.etag))
    put(emulator, c, {"id": "3", "pk": "p3", "v": 1}, x_ms_documentdb_is_upsert="True")
    put(emulator, c, {"id": "3", "pk": "p3", "v": 2}, x_ms_documentdb_is_upsert="True")
    news = feed(if_none_match=end.etag)
    t.equal("a document changed twice comes once", [x["v"] for x in news.json["Documents"]], [2])
    emulator.advance(3600)
    put(emulator, c, {"id": "late", "pk": "p0"})
    since = email.utils.formatdate(time.time() + 1800, usegmt=True)
    t.equal("from a time on", feed(if_modified_since=since).ids, ["late"])
    t.equal("not from the beginning with all versions", send(
        emulator, "GET", f"{c}/docs", a_im="Full-Fidelity Feed").status, 400)
    every = {"a_im": "Full-Fidelity Feed", "x_ms_cosmos_changefeed_wire_format_version": "2021-09-15"}
    start = send(emulator, "GET", f"{c}/docs", if_none_match="*", **every)
    t.equal("but from now on", start.status, 304)
    send(emulator, "DELETE", f"{c}/docs/3", **key("p3"))
    change = send(emulator, "GET", f"{c}/docs", if_none_match=start.etag, **every).json["Documents"][0]["metadata"]
    t.equal("a delete has its key", (change["operationType"], change["id"], change["partitionKey"]), (
        "delete", "3", {"pk": "p3"}))
    emulator.control("PUT", "cosmos/settings", {"allVersions": False})
    t.equal("unless the account has none", send(
        emulator, "GET", f"{c}/docs", if_none_match="*", **every).status, 400)


@group("cosmos", "cosmos.page-size", "cosmos.plan-needed", "cosmos.continuation", "cosmos.query-scope", "cosmos.sub-range",
       "cosmos.key-needed")
def queries(emulator, t):
    c = made(emulator, ranges=2)
    for n in range(10):
        put(emulator, c, {"id": str(n), "pk": f"p{n}", "n": n})
    every = {"x_ms_documentdb_query_enablecrosspartition": "True"}
    page = query(emulator, c, "SELECT * FROM c", x_ms_max_item_count="4", **every)
    t.equal("a page has its size", page.json["_count"], 4)
    more = page.headers["x-ms-continuation"]
    second = query(emulator, c, "SELECT * FROM c", x_ms_max_item_count="100", x_ms_continuation=more or "", **every)
    t.equal("the next goes on", sorted(page.ids + second.ids, key=int), [str(n) for n in range(10)])
    t.equal("the last has no token", second.headers["x-ms-continuation"], None)
    wrong = query(emulator, c, "SELECT * FROM c WHERE true", x_ms_continuation=more or "x", **every)
    t.equal("a token belongs to its query", wrong.status, 400)
    refused = query(emulator, c, "SELECT * FROM c ORDER BY c.n", **every)
    t.equal("an order needs a plan", (refused.status, refused.substatus), (400, "1004"))
    plan = json.loads(refused.json["additionalErrorInfo"])
    t.equal("the refusal brings it", plan["queryInfo"]["orderBy"], ["Ascending"])
    asked = send(emulator, "POST", f"{c}/docs", {"query": "SELECT * FROM c ORDER BY c.n"},
                 x_ms_cosmos_is_query_plan_request="True", **every)
    t.equal("it can be asked for", asked.json, plan)
    text = plan["queryInfo"]["rewrittenQuery"].replace("{documentdb-formattableorderbyquery-filter}", "true")
    parts = [query(emulator, c, text, x_ms_documentdb_partitionkeyrangeid=x).json["Documents"] for x in ("0", "1")]
    t.true("each range answers in its order", all(
        [x["orderByItems"][0]["item"] for x in part] == sorted(x["payload"]["n"] for x in part) for part in parts))
    t.equal("the ranges have all", sorted(x["payload"]["n"] for part in parts for x in part), list(range(10)))
    t.equal("no key and no consent", query(emulator, c, "SELECT * FROM c").status, 400)
    t.equal("a key of its own", query(emulator, c, "SELECT * FROM c", **key("p4")).ids, ["4"])
    emulator.control("PUT", "cosmos/settings", {"emptyPages": True})
    empty = query(emulator, c, "SELECT * FROM c", **every)
    t.true("an empty page has a token", empty.json["_count"] == 0 and empty.headers["x-ms-continuation"])


@group("cosmos", "cosmos.throughput", "cosmos.session")
def throughput(emulator, t):
    c = made(emulator, enforceThroughput=True)
    statuses, waits, charge = [], [], 0.0
    for n in range(200):
        answer = put(emulator, c, {"id": str(n), "pk": "a", "v": "x" * 4000})
        statuses.append(answer.status)
        if answer.status == 429:
            waits.append(int(answer.headers["x-ms-retry-after-ms"]))
            t_sub = answer.substatus
            break
        charge += float(answer.headers["x-ms-request-charge"])
    t.true("a container that has used its units refuses", statuses[-1] == 429, statuses[-1])
    t.true("and tells how long", waits and 0 < waits[0] <= 1000 and t_sub == "3200", waits)
    t.true("not before they are used", charge >= 400, charge)
    time.sleep(waits[0] / 1000 if waits else 0)
    t.equal("after that it serves again", put(emulator, c, {"id": "later", "pk": "a"}).status, 201)
    emulator.control("PUT", "cosmos/settings", {"enforceThroughput": False})
    session = put(emulator, c, {"id": "s", "pk": "a"}).headers["x-ms-session-token"]
    known = send(emulator, "GET", f"{c}/docs/s", x_ms_session_token=session, **key("a"))
    t.equal("a session that was given is served", known.status, 200)
    ahead = send(emulator, "GET", f"{c}/docs/s", x_ms_session_token="0:0#99999#1=99999", **key("a"))
    t.equal("one that is ahead is not", (ahead.status, ahead.substatus), (404, "1002"))


@group("cosmos", "cosmos.offer-kind")
def offers(emulator, t):
    emulator.control("PUT", "cosmos/settings", {"ranges": 1})
    database = fresh("d")
    send(emulator, "POST", "/dbs", {"id": database})
    link = send(emulator, "POST", f"/dbs/{database}/colls", {
        "id": "c", "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2}},
        x_ms_offer_throughput="1500").json["_self"]
    found = send(emulator, "POST", "/offers", {
        "query": "SELECT * FROM root r WHERE r.resource=@link", "parameters": [{"name": "@link", "value": link}]},
        content_type="application/query+json", x_ms_documentdb_isquery="True").json["Offers"]
    t.equal("a container has one offer", len(found), 1)
    offer = found[0]
    path = f"/offers/{offer['id']}"

    def replace(content, **headers):
        return send(emulator, "PUT", path, {**offer, "content": content}, **headers)

    t.equal("it tells the least", send(emulator, "GET", path).headers["x-ms-cosmos-min-throughput"], "400")
    scaled = {"offerThroughput": 1500, "offerAutopilotSettings": {"maxThroughput": 4000}}
    t.equal("its kind does not change by its content", replace(scaled).status, 400)
    migrate = {"x_ms_cosmos_migrate_offer_to_autopilot": "true"}
    t.equal("nor with both", replace(scaled, **migrate).status, 400)
    chosen = replace(offer["content"], **migrate)
    t.equal("a header changes it, to a number of the service's", (
        chosen.status, chosen.json["content"]["offerAutopilotSettings"]["maxThroughput"]), (200, 2000))
    t.equal("once", replace(offer["content"], **migrate).status, 400)
    t.equal("then the number can be set", replace(scaled).json["content"]["offerAutopilotSettings"]["maxThroughput"], 4000)
    t.equal("in thousands", replace(
        {"offerThroughput": 100, "offerAutopilotSettings": {"maxThroughput": 4500}}).status, 400)
    back = replace(scaled, x_ms_cosmos_migrate_offer_to_manual_throughput="true")
    t.equal("and back", (back.status, back.json["content"]["offerThroughput"]), (200, 4000))
    t.true("without what scales", "offerAutopilotSettings" not in back.json["content"])
    t.equal("a manual number in hundreds", replace({"offerThroughput": 450}).status, 400)
    t.equal("is set", replace({"offerThroughput": 400}).json["content"]["offerThroughput"], 400)


if __name__ == "__main__":
    main("cosmos over plain HTTP")
