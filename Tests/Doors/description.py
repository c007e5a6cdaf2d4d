"""GitHub's own description of its API, as the package githubkit carries it: what a request must be, and an answer."""

import functools
import inspect
import json
import re
import types
import typing

import pydantic
from githubkit import GitHub
from githubkit_schemas.v2022_11_28.rest import git, issues, pulls, repos, users

CLIENTS = [git.GitClient, issues.IssuesClient, pulls.PullsClient, repos.ReposClient, users.UsersClient]
AT = "2026-11-21T20:15:00Z"


class Operation:
    """One operation of the description: its method and path, what it takes, and what it answers."""

    def __init__(self, client, function):
        self.client, self.function, self.name = client, function, function.__name__
        found = re.search(r"\n\s+(GET|POST|PUT|PATCH|DELETE) (/\S*)\n", function.__doc__ or "")
        self.method, self.path = found.groups() if found else ("", "")
        names = re.findall(r"{(\w+)}", self.path)
        # A reference's name has slashes.
        parts = [f"(?P<{n}>{'.+' if n == 'ref' and 'git' in self.path else '[^/]+'})" for n in names]
        self.pattern = re.compile("^" + re.sub(r"{(\w+)}", lambda _: parts.pop(0), self.path) + "$")
        signature = inspect.signature(function).parameters
        self.query = [n for n in signature if n not in ("self", "headers", "stream", "data", "kwargs", *names)]

    def expected(self, arguments, query, body):
        """What the description makes of the same request, and the type of its answer. Throws what is wrong in it."""
        unknown = set(query) - set(self.query)
        assert not unknown, f"{self.method} {self.path} has no parameters {unknown}"
        seen = {}

        def request(method, url, **more):
            seen.update(more, method=method, url=url)

        hub = types.SimpleNamespace(config=GitHub().config, request=request)
        client = object.__new__(self.client)
        client.__dict__["_github_ref"] = lambda: hub
        typed = {"data": body} if body is not None else {}
        getattr(client, self.name)(**arguments, **query, **typed)
        # What the description does not know is not in what it makes of it; times are times there.
        made = json.loads(json.dumps(seen.get("json"), default=lambda time: f"{time:%Y-%m-%dT%H:%M:%SZ}"))
        assert made == body, f"sent {body}, the description has {made}"
        return seen.get("response_model")


@functools.cache
def operations():
    found = []
    for client in CLIENTS:
        for name, function in inspect.getmembers(client, inspect.isfunction):
            if not name.startswith(("_", "async_")) and re.search(r"\n\s+[A-Z]+ /", function.__doc__ or ""):
                found.append(Operation(client, function))
    # Words before parameters: /pulls/comments is none of the pull requests.
    return sorted(found, key=lambda operation: operation.path.count("{"))


def example(kind):
    """Some value of a type, the least there is."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is type(None) or kind is typing.Any:
        return None
    if origin is typing.Annotated:
        return example(arguments[0])
    if origin is typing.Literal:
        return arguments[0]
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in arguments else example(arguments[0])
    if origin in (list, dict):
        return origin()
    if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
        return {
            field.alias or name: example(field.annotation)
            for name, field in kind.model_fields.items()
            if field.is_required()
        }
    if isinstance(kind, type) and kind.__name__ == "datetime":
        return AT
    return {str: "text", int: 1, bool: False, float: 1.0}.get(kind, "text")


def over(base, changes):
    """A value with others in the places that they name."""
    if isinstance(base, dict) and isinstance(changes, dict):
        return {**base, **{key: over(base.get(key), value) for key, value in changes.items()}}
    return changes
