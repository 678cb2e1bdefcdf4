# SPDX-License-Identifier: Apache-2.0
"""Faults between controller and API server, as data: which request or event they meet, how often, and what an odd event looks like."""

import contextlib
import copy
import json
import re

_REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired", 413: "RequestEntityTooLarge",
            415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}
_COLLECTION = re.compile(r"/redisrestores(?:/(?P<name>[^/]+)(?P<status>/status)?)?$")

# An API server without streaming lists refuses them so; then the controller lists by pages.
STANDING_OLDER_SERVER = {"label": "older server", "match": {"kind": "watch-list"}, "times": "always", "do": {"status": 422}}

_PASSING = {"delay_ms", "dribble", "set_query"}  # the server's answer still reaches the controller, a watch for minutes


class Gone(Exception):
    """The controller closed the connection."""


def kind_of(method, path, query):
    for kind, part in (("secret", "/secrets/"), ("event", "/events"), ("lease", "/leases"), ("review", "reviews")):
        if part in path:
            return kind
    match = _COLLECTION.search(path)
    if not match:
        return "other"
    if match["status"]:
        return "patch-status" if method == "PATCH" else "other"
    if match["name"]:
        return "get" if method == "GET" else "other"
    if query.get("watch") in ("1", "true"):
        return "watch-list" if query.get("sendInitialEvents") == "true" else "watch"
    return "list"


def name_of(path):
    """The object's name, where the path has one."""
    match = _COLLECTION.search(path)
    return match["name"] if match else path.rsplit("/", 1)[-1]


def status_body(code, cause=None):
    """The reply of a real API server; its words must never reach a user."""
    details = {"causes": [{"reason": cause, "message": "server words 7q3z"}]} if cause else {}
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "server words 7q3z",
                       "reason": _REASONS.get(code, "Unknown"), "code": code, "details": details})


def event_line(event, line, version):
    """The bytes of an event that a fault inserts.

    A dict is sent as JSON; "$object" stands for the object of the event at hand, "$version" for the last version the controller knows.
    {"error": N} is an ERROR event of that code. A text is sent as it is; {"parts": [[text, times], ...]} is long.
    """
    if isinstance(event, str):
        return event.encode("latin-1")
    if "error" in event:
        return json.dumps({"type": "ERROR", "object": json.loads(status_body(event["error"]))}).encode() + b"\n"
    if "parts" in event:
        return "".join(text * times for text, times in event["parts"]).encode("latin-1")
    given = json.loads(line)["object"] if line else {}

    def filled(value):
        if value == "$object":
            return copy.deepcopy(given)
        if value == "$version":
            return version
        if value == "$odd":  # the same version, spelled so that only an opaque text keeps it
            return f"00{version}"
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(filled(event)).encode() + b"\n"


class Fault:
    def __init__(self, data, standing=False, label=None):
        self.data, self.standing = data, standing
        self.label = label or data.get("label") or "-".join(sorted(data["do"]))
        self.at, self.match = data.get("at", "request"), data.get("match", {})
        self._skip = data.get("skip", 0)
        self.times = len(data["do"]["cuts"]) if "cuts" in data["do"] else data.get("times", 1)
        self._taken = self.delivered = 0

    def meets_reflector(self):
        return any(kind in self.match.get("kind", "") for kind in ("list", "watch"))

    def over(self):
        return self.times != "always" and self._taken >= self.times

    def happened(self):
        """Every time it was planned for, or once if it was planned without an end."""
        return self.delivered >= (1 if self.times == "always" else self.times)

    def meets(self, request, at, event=None):
        return at == self.at and not self.over() and self._matches(request, event)

    def takes(self):
        """Whether it strikes now that it met what it waits for; else one skip is used up."""
        self._skip -= 1
        return self._skip < 0

    def _matches(self, request, event):
        match = self.match
        kinds = match.get("kind", request.kind)
        if request.kind not in ([kinds] if isinstance(kinds, str) else kinds):
            return False
        named = event["object"].get("metadata", {}).get("name") if event else request.name
        if match.get("name", named) != named or (event and match.get("type", event["type"]) != event["type"]):
            return False
        if match.get("method", request.method) != request.method:
            return False
        return all((key in request.query) == (value is not None) and value in (None, "*", request.query.get(key)) for key, value in match.get("query", {}).items())

    @contextlib.contextmanager
    def delivery(self):
        """The action to take. It counts as delivered unless the controller left before."""
        action = dict(self.data["do"])
        if "cuts" in action:
            action["cut"] = action["cuts"][self._taken]
        self._taken += 1
        if not set(action) - _PASSING:
            self.delivered += 1
            yield action
            return
        try:
            yield action
        except Gone:
            raise
        except Exception:
            self.delivered += 1
            raise
        self.delivered += 1
