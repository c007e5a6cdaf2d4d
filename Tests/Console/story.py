"""What the fake server of the console's pages knows: the story of a real incident, moved so that it happens now."""

import copy
import json
import pathlib
import threading
import time
from urllib.parse import unquote

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
STORY = json.loads((HERE / "story.json").read_text())
HOSTILE = (
    "<img src=x onerror=\"window.broken=1\"><script>window.broken=2</script>\"'><svg onload=window.broken=3> "
    "javascript:window.broken=4 {{7*7}} \u202edlo\u0007 " + "w" * 120
)


class Problem(Exception):
    def __init__(self, status, title, detail):
        super().__init__(detail)
        self.status, self.body = status, {"title": title, "status": status, "detail": detail}


class House:
    """What the fake knows: the story, moved so that it happens now, and what was done to it."""

    def __init__(self, roles=("operator", "approver", "admin", "viewer"), hostile=False, many=0, calm=False, missing=()):
        self.lock = threading.RLock()
        self.roles, self.missing = list(roles), set(missing)
        self.story = copy.deepcopy(STORY)
        moved = time.time_ns() - 40_000_000_000 - self.story["entries"][10]["at"]
        self._move(self.story, moved)
        if hostile:
            self._poison(self.story)
        self.upto = len(self.story["entries"]) if calm else 11
        self.sessions, self.nonces, self.answers, self.commands = {}, set(), [], []
        self.asked, self.streams, self.events = [], [], []
        self.faults, self.silences, self.score = self.story["faults"], [], None
        self.pulls = [self._open_pull(), *self.story["pulls"]]
        self.others = [self._other(n) for n in range(2, 2 + (many or 14))]

    def _move(self, value, by):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            if isinstance(each, (dict, list)):
                self._move(each, by)
            elif isinstance(each, int) and not isinstance(each, bool) and 1_700_000_000_000_000_000 < each < 2_000_000_000_000_000_000:
                value[key] = each + by

    def _poison(self, value, name=""):
        # Whatever somebody outside may have written; not what the cluster itself spells.
        free = {"text", "title", "note", "name", "template", "example", "metric", "author", "branch", "about", "reason", "signal",
                "node", "value", "lastReason", "origin", "rule", "diff", "subject", "unit", "confidenceText", "actor", "person",
                "service", "channel", "formula"}
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            if isinstance(each, (dict, list)):
                self._poison(each, key)
            elif isinstance(each, str) and key in free:
                value[key] = HOSTILE + each[:20]
            elif isinstance(each, str) and isinstance(key, int) and name in ("nodes", "people", "feedback", "roles", "touched"):
                value[key] = HOSTILE

    def _other(self, n):
        words = ["orders answer slowly", "the carrier does not answer", "inventory is near its memory limit", "a queue grows",
                 "a canary is not served", "the access list refuses inventory"]
        causes = [("Code_Bug", "orders"), ("External_Dependency", "carrier"), ("Resource_Limit", "inventory"),
                  ("Resource_Limit", "orders"), ("Config_Error", "orders"), ("Permission_Issue", "inventory")]
        stage = "investigating" if n == 3 else "escalated" if n == 4 else ["resolved", "resolved", "resolved", "suppressed", "failed"][n % 5]
        opened = time.time_ns() - n * 5_400_000_000_000
        category, culprit = causes[n % 6]
        ended = None if stage in ("investigating", "escalated") else opened + 95_000_000_000
        if ended is None:
            opened = time.time_ns() - n * 60_000_000_000
        return {
            "id": f"I-{2000 - n}", "title": f"{words[n % 6]}: {n % 7 + 1} of 10 requests", "stage": stage, "priority": n % 4 + 1,
            "severity": "critical" if n % 4 < 2 else "warning", "nodes": [culprit], "firing": 0 if ended else 1, "total": n % 5 + 1,
            "opened": opened, "stageSince": opened, "category": category, "culprit": culprit, "note": "as the story goes",
            **({"ended": ended} if ended else {}),
        }

    def _open_pull(self):
        pull = copy.deepcopy(self.story["pulls"][0])
        pull.update(number=2, state="open", title="Book with the second carrier, too", author="lee", branch="lee/second-carrier",
                    reviews=[{"by": "ana", "verdict": "comment", "text": "And its time-out?", "head": pull["head"], "at": pull["created"]}])
        for key in ("merged", "mergedBy", "incident", "plan", "key"):
            pull.pop(key, None)
        return pull

    @property
    def entries(self):
        return self.story["entries"][: self.upto]

    def incident(self, number=None):
        it = copy.deepcopy(self.story["incident"])
        entry = self.entries[(number or self.upto) - 1]
        seen = {each["kind"] for each in self.entries[: number or self.upto]}
        it.update(stage=entry["stage"], note=entry["note"], generation=entry["generation"], stageSince=entry["at"])
        it["opening"]["title"] = it["opening"]["title"] or "orders fails"
        if entry["stage"] != "resolved":
            it.pop("ended", None)
        if "alerts" not in seen:
            it["alerts"] = copy.deepcopy(it["opening"]["alerts"])
        if "evidence" not in seen:
            it.pop("diagnosis", None)
        if "offers" not in seen:
            it["offers"] = []
        for kind, names in {"verdict": ["verdict"], "approval": ["approval", "execution"], "executed": ["report"], "verified": ["verification"]}.items():
            if kind not in seen:
                for name in names:
                    it.pop(name, None)
        if entry["stage"] == "awaiting_approval":
            it["approval"] = {"outcome": "waiting", "people": [], "missing": 1, "text": "one person has to agree",
                              "until": entry["at"] + 1_800_000_000_000}
        if self.score:
            it["score"] = self.score
        plan = self.story["verdict"]["plan"]
        it["planDigest"], it["planState"] = (plan, it["offers"][0]["state"]) if it["offers"] else (None, None)
        return it

    def summary(self):
        it = self.incident()
        first = it.get("diagnosis", {}).get("hypotheses", [{}])[0]
        return {
            "id": it["id"], "title": it["opening"]["title"], "stage": it["stage"], "priority": it["alerts"]["priority"],
            "severity": it["alerts"]["severity"], "nodes": it["alerts"]["nodes"], "firing": it["alerts"]["firing"],
            "total": it["alerts"]["total"], "opened": it["opened"], "stageSince": it["stageSince"], "note": it["note"],
            **{new: first[old] for new, old in (("category", "category"), ("culprit", "node")) if old in first},
            **({"ended": it["ended"]} if "ended" in it else {}),
        }

    def all(self):
        return sorted([self.summary(), *self.others], key=lambda it: -it["opened"])

    def edges(self, t=None):
        base = [("orders", "inventory", 41, 12), ("inventory", "orders", 0, 12), ("orders", "carrier", 8, 0), ("telemetry", "triage", 0, 3),
                ("triage", "risk", 1, 0), ("triage", "remediation", 1, 0), ("telemetry", "supervisor", 2, 0), ("supervisor", "broker", 3, 0),
                ("remediation", "supervisor", 0, 0), ("triage", "comms", 0, 1), ("triage", "telemetry", 2, 0), ("telemetry", "orders", 5, 0)]
        wave = (lambda n: n) if t is None else (lambda n: max(0, round(n * (1 + 0.25 * ((t * 7 + n * 13) % 5 - 2) / 2))))
        return [{"from": a, "to": b, "calls": wave(c), "deliveries": wave(d), **({"publications": 0} if t is None else {})} for a, b, c, d in base]

    def slots(self):
        slots = copy.deepcopy(self.story["cluster"]["slots"])
        extra = copy.deepcopy(slots[-1])
        extra.update(role="comms", name="comms@local.1", memoryBytes=61_000_000, memoryLimitBytes=268_435_456, processorPercent=1.2)
        second = copy.deepcopy(next(slot for slot in slots if slot["role"] == "orders"))
        second.update(slot=2, name="orders@local.2", restarts=2, lastReason="killed by signal 9 (KILL) from outside", memoryBytes=410_000_000)
        slots += [extra, second]
        for slot in slots:
            if slot["role"] == "inventory":
                slot.update(restarts=4, lastReason="its memory was over the limit", memoryBytes=560_000_000)
            if slot["role"] == "carrier" and self.upto < 14:
                slot.update(state="backing off", restarts=3, lastReason="ended with status 1")
        return slots

    def tell(self, event, data, with_id=None):
        """Sends an event to all who listen; one with an id is kept for those who come back."""
        with self.lock:
            if with_id is not None:
                self.events.append((with_id, event, data))
            for stream in self.streams:
                stream.put((with_id, event, data))

    def go_on(self):
        """The next entry of the story happens."""
        with self.lock:
            self.upto += 1
            self.entries[-1]["at"] = time.time_ns()
            entry = self.entries[-1]
        self.tell("journal", entry, entry["sequence"])
        self.tell("incident", self.summary())

    def drop_streams(self):
        with self.lock:
            for stream in self.streams:
                stream.put(None)


def answer(house, method, path, query, body, person):
    """The value that a route answers, or a Problem."""
    parts = [unquote(part) for part in path.split("/")[2:]]
    if parts[0] in house.missing:
        raise Problem(503, "Service Unavailable", f"Nobody answers for {parts[0]} now.")
    match (method, *parts):
        case ("GET", "now"):
            mine = house.summary()
            waiting = [{"incident": mine["id"], "title": mine["title"], "plan": house.incident()["offers"][0]["plan"]["text"],
                        "since": house.entries[-1]["at"], "until": house.entries[-1]["at"] + 1_800_000_000_000}]
            return {"at": time.time_ns(), "me": person, "incidents": [it for it in house.all() if "ended" not in it],
                    "waiting": waiting if mine["stage"] == "awaiting_approval" else [], "objectives": house.story["objectives"]["objectives"],
                    "cluster": {**house.story["cluster"], "slots": house.slots()}, "edges": house.edges(),
                    "kpis": {"incidents": 31, "meanSecondsToNotice": 4.2, "meanSecondsToMend": 74.6, "mendedAloneShare": 0.81, "wrongActions": 0}}
        case ("GET", "incidents"):
            wanted = house.all()
            if "open" in query:
                wanted = [it for it in wanted if ("ended" not in it) == (query["open"] == "true")]
            if "before" in query:
                wanted = wanted[[it["id"] for it in wanted].index(query["before"]) + 1:]
            return {"incidents": wanted[: int(query.get("limit", 50))]}
        case ("POST", "incidents"):
            house.commands.append(body)
            return {"id": "I-1"}
        case ("GET", "incidents", _):
            return house.incident()
        case ("GET", "incidents", _, "journal"):
            return {"entries": [it for it in house.entries if it["number"] > int(query.get("after", 0))][: int(query.get("limit", 200))]}
        case ("GET", "incidents", _, "at", number):
            return house.incident(int(number))
        case ("GET", "incidents", _, "evidence", _):
            return house.story["evidence"]
        case ("GET", "incidents", _, "verdicts"):
            return {"verdicts": [house.story["kept"]]}
        case ("GET", "incidents", _, "notifications"):
            return {"notifications": [{"notice": "I-1/n1", "channel": "slack", "outcome": "sent", "text": house.story["incident"]["opening"]["title"],
                                       "at": house.entries[0]["at"]}]}
        case ("POST", "incidents", _, "commands"):
            house.commands.append(body)
            if body["kind"] == "score":
                house.score = body["score"]
            return house.incident()
        case ("GET", "silences"):
            return {"silences": house.silences}
        case ("POST", "silences"):
            house.silences.append({"id": f"S-{len(house.silences)}", "matchers": body["matchers"], "from": time.time_ns(),
                                   "until": time.time_ns() + body["seconds"] * 1_000_000_000, "person": person, "text": body["text"]})
            return house.silences[-1]
        case ("DELETE", "silences", name):
            next(it for it in house.silences if it["id"] == name)["ended"] = time.time_ns()
            return {}
        case ("GET", "pulls"):
            return {"pulls": [it for it in house.pulls if it["state"] == query.get("state", "open")]}
        case ("GET", "pulls", number):
            return {"pull": next(it for it in house.pulls if it["number"] == int(number)), "diff": house.story["diff"]}
        case ("POST", "pulls", number, verb):
            it = next(it for it in house.pulls if it["number"] == int(number))
            if verb == "review":
                it["reviews"].append({"by": person, "at": time.time_ns(), **body})
            else:
                it["state"] = {"merge": "merged", "close": "closed"}[verb]
            return it
        case ("GET", "history"):
            return {"commits": house.story["history"]}
        case ("GET", "postmortems"):
            return {"postmortems": [{"incident": it["id"], "title": it["title"], "category": it["category"], "culprit": it["culprit"],
                                     "written": it["ended"], "ended": it["ended"], "score": 4} for it in house.others if "ended" in it]}
        case ("GET", "postmortems", _):
            kept = json.loads((ROOT / "Tests/Golden/postmortems/agreed.json").read_text())
            kept["simulation_context"] = None
            return {"document": kept, "addenda": []}
        case ("GET", "search"):
            return {"hits": [{"kind": "incident", "id": it["id"], "title": it["title"], "snippet": "… the carrier’s time-out …", "score": 0.8,
                              "why": "the words, and the culprit"} for it in house.all()[:5]]}
        case ("GET", "objectives"):
            return house.story["objectives"]
        case ("GET", "kpis"):
            return {"figures": {"incidents": 31, "meanSecondsToMend": 74.6}, "byCategory": {"Config_Error": {"incidents": 12, "meanSecondsToMend": 61}}}
        case ("GET", "shop"):
            return {"orders": {"total": 28_209, "byStatus": {"delivered": 21_010, "booked": 2_190, "reserved": 38, "refused": 4_971},
                               "recent": [{"id": f"0190f3a1-{n:04}", "status": "booked", "customer": HOSTILE if n == 3 else f"customer {n}", "total": 42.5 + n,
                                           "created": time.time_ns() - n * 900_000_000} for n in range(12)]},
                    "stock": [{"sku": f"P-{n}", "name": f"Bowl {n}", "onHand": 90 - n * 9, "reserved": n * 3} for n in range(9)],
                    "rates": {"ordersPerSecond": 480 + time.time() % 7 * 6, "failedPerSecond": time.time() % 5}}
        case ("GET", "chaos"):
            return {"allowed": True, "why": "", "faults": house.faults}
        case ("POST" | "DELETE", "chaos", name):
            next(it for it in house.faults if it["name"] == name)["now"] = method == "POST"
            return {}
        case ("GET", "audit"):
            after = int(query.get("after", 0))
            return {"entries": [it for it in house.entries if it["sequence"] > after][: int(query.get("limit", 200))],
                    "acts": [{"at": time.time_ns(), "person": person, "act": "sign-in", "text": "by a link", "outcome": "done"}],
                    "head": {"sequence": house.entries[-1]["sequence"], "digest": house.entries[-1]["digest"]}}
    raise Problem(404, "Not Found", f"There is no {method} {path}.")
