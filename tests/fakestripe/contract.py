"""The contract gate: requests and answers are held against the SDK's own types.

Requests are judged by `stripe.params` TypedDicts: unknown names, missing required ones, wrong words
and wrong numbers are refused as Stripe refuses them. What the fake serves is judged by the SDK's
object classes: no field they do not have, none missing that they require, no null they do not allow.
This proves *shape* only. Names are private to the SDK: expect a small repair per upgrade.
"""

import re
import typing
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

import typing_extensions
from stripe._object_classes import OBJECT_CLASSES, get_object_class
from stripe._request_options import RequestOptions
from stripe._stripe_context import StripeContext
from stripe._stripe_object import StripeObject, UntypedStripeObject

from tests.fakestripe.refusals import Refused, missing, unknown

TRANSPORT = frozenset(RequestOptions.__annotations__)
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@cache
def params_class(name: str) -> Any:
    """The TypedDict of a request, named `checkout.session_create` for `SessionCreateParams`."""
    area, _, noun = name.rpartition(".")
    module = import_module(f"stripe.params.{area + '.' if area else ''}_{noun}_params")
    return getattr(module, "".join(part.title() for part in noun.split("_")) + "Params")


@cache
def hints(typed_dict: Any) -> dict[str, Any]:
    """A TypedDict's fields and their resolved types, without the SDK's transport options."""
    module = vars(import_module(typed_dict.__module__))
    names = {**vars(typing), **vars(typing_extensions), **module, "StripeContext": StripeContext}
    found = typing_extensions.get_type_hints(typed_dict, globalns=names)
    transport = TRANSPORT if found.keys() >= TRANSPORT else frozenset()
    return {field: hint for field, hint in found.items() if field not in transport}


def read_params(name: str | None, sent: dict[str, Any]) -> dict[str, Any]:
    """The request's parameters as Python values. Raises Refused where Stripe would."""
    if name is None:
        if sent:
            raise unknown(next(iter(sent)))
        return {}
    return _read_map(sent, params_class(name), "")


def _read_map(sent: Any, typed_dict: Any, where: str) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise Refused(f"Invalid object: {where}", param=where)
    known = hints(typed_dict)
    for field in sent:
        if field not in known:
            raise unknown(_inside(where, field))
    for field in typed_dict.__required_keys__ - set(sent):
        if field in known:
            raise missing(_inside(where, field))
    return {field: read_value(value, known[field], _inside(where, field)) for field, value in sent.items()}


def read_value(sent: Any, hint: Any, where: str) -> Any:
    """One value, text on the wire, as its type says. Raises Refused."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if typing_extensions.is_typeddict(hint):
        return _read_map(sent, hint, where)
    if origin in (list, typing.List):  # noqa: UP006 (the SDK's own types are compared)
        return [read_value(each, args[0], f"{where}[{n}]") for n, each in enumerate(_as_list(sent, where))]
    if origin in (dict, UntypedStripeObject):
        return {key: read_value(each, args[-1], _inside(where, key)) for key, each in _as_map(sent, where).items()}
    if origin is not None and origin is not typing.Literal:
        return _read_union(sent, args, where)
    return _read_leaf(sent, hint, where)


def _read_union(sent: Any, args: tuple[Any, ...], where: str) -> Any:
    words = [w for arg in args if typing.get_origin(arg) is typing.Literal for w in typing.get_args(arg)]
    closed = any(word != "" for word in words)  # `Literal[…] | str` is read closed, or typos pass
    choices = [arg for arg in args if not (closed and arg is str)]
    refusals = []
    for choice in sorted(choices, key=_structured, reverse=isinstance(sent, dict)):
        try:
            return read_value(sent, choice, where)
        except Refused as refusal:
            refusals.append(refusal)
    raise refusals[0]


def _structured(hint: Any) -> bool:
    return typing.get_origin(hint) is not typing.Literal and hint not in (str, int, float, bool, Decimal)


def _read_leaf(sent: Any, hint: Any, where: str) -> Any:
    if not isinstance(sent, str):
        raise Refused(f"Invalid string: {where}", param=where)
    if typing.get_origin(hint) is typing.Literal:
        words = typing.get_args(hint)
        if sent not in words:
            raise Refused(f"Invalid {where}: must be one of {', '.join(map(str, words))}", param=where)
        return sent
    if hint is bool:
        if sent not in ("true", "false"):
            raise Refused(f"Invalid boolean: {sent}", param=where)
        return sent == "true"
    if hint is int:
        if not re.fullmatch(r"-?\d+", sent):
            raise Refused(f"Invalid integer: {sent}", code="parameter_invalid_integer", param=where)
        return int(sent)
    if hint in (float, Decimal) and not NUMBER.fullmatch(sent):
        raise Refused(f"Invalid decimal: {sent}", param=where)
    return float(sent) if hint is float else sent


def _as_list(sent: Any, where: str) -> list[Any]:
    if isinstance(sent, dict) and all(key.isdigit() for key in sent):
        return [sent[key] for key in sorted(sent, key=int)]
    if isinstance(sent, list):
        return sent
    raise Refused("Invalid array", param=where)


def _as_map(sent: Any, where: str) -> dict[str, Any]:
    if isinstance(sent, dict):
        return sent
    raise Refused("Invalid hash", param=where)


def _inside(where: str, field: str) -> str:
    return f"{where}[{field}]" if where else field


def faults_of(served: Any, cls: type[StripeObject] | None = None, where: str = "") -> list[str]:
    """What in a served object the SDK's classes do not allow; empty when all is well."""
    if isinstance(served, list):
        return [fault for n, each in enumerate(served) for fault in faults_of(each, cls, f"{where}[{n}]")]
    if not isinstance(served, dict):
        return []
    name = served.get("object")
    if isinstance(name, str) and name in OBJECT_CLASSES:
        cls, where = get_object_class("V1", name), where or name
    if cls is None or cls is UntypedStripeObject or served.get("deleted"):
        return []
    if name == "list":
        return faults_of(served["data"], None, where)
    fields = annotations(cls)
    found = [f"{where}.{key} is not a field" for key in served if key not in fields]
    found += [
        f"{where}.{key} is missing" for key, (optional, _) in fields.items() if not optional and key not in served
    ]
    inner = cls._inner_class_types or {}
    for key in fields.keys() & served.keys():
        value = served[key]
        found += _fault_of_field(value, *fields[key], where, key)
        if isinstance(value, dict | list):
            found += faults_of(value, inner.get(key), f"{where}.{key}")
    return found


def _fault_of_field(value: Any, optional: bool, hint: Any, where: str, key: str) -> list[str]:
    if value is None:
        return [] if optional else [f"{where}.{key} is null"]
    if hint is int or hint is bool or hint is str:
        return [] if type(value) is hint else [f"{where}.{key} is not {hint.__name__}: {value!r}"]
    if typing.get_origin(hint) is typing.Literal and value not in typing.get_args(hint):
        return [f"{where}.{key} is none of the known words: {value!r}"]
    return []


def annotations(cls: type[StripeObject]) -> dict[str, tuple[bool, Any]]:
    """A response class's fields: whether each may be null, and its type without that."""
    if cls not in _ANNOTATIONS:
        _ANNOTATIONS[cls] = _annotations(cls)
    return _ANNOTATIONS[cls]


_ANNOTATIONS: dict[type[StripeObject], dict[str, tuple[bool, Any]]] = {}


def _annotations(cls: type[StripeObject]) -> dict[str, tuple[bool, Any]]:
    found = {}
    for field, hint in cls.__annotations__.items():
        args = typing.get_args(hint)
        optional = type(None) in args
        left = [arg for arg in args if arg is not type(None)]
        if field != "OBJECT_NAME":
            found[field] = (optional, left[0] if optional and len(left) == 1 else hint)
    return found
