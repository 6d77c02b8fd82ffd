"""Finding the value of a setting: flag over environment over file over default, with errors that name the setting."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

from webhook.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the documentation lists it.

    Attributes:
        name: in the file, such as ``ossindex.ttlHours``.
        environment: such as ``BOMGATE_OSSINDEX_TTL_HOURS``; empty for what only the file can hold.
        default: as text; empty when there is none.
        help: a sentence.
    """

    name: str
    environment: str
    default: str
    help: str


@dataclass(frozen=True, slots=True)
class Group:
    """One group of settings: its name and the options classes that its keys fill.

    Attributes:
        name: first part of the file's key, such as ``ossindex``.
        classes: options dataclasses; each field has ``help`` in its metadata.
        aliases: field name → further environment variables that mean the same.
        file_variants: fields that may also be given as ``<field>_file``, the path of a file that holds the value.
        omitted: fields that another setting fills.
    """

    name: str
    classes: tuple[type[Any], ...]
    aliases: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    file_variants: tuple[str, ...] = ()
    omitted: tuple[str, ...] = ()

    def fields(self) -> Iterator[tuple[type[Any], dataclasses.Field[Any]]]:
        """Every field with the class that holds it."""
        for options in self.classes:
            for field in dataclasses.fields(options):
                if field.init and field.name not in self.omitted:
                    yield options, field

    def environment(self, field: str) -> str:
        """The environment variable of a field."""
        return f"BOMGATE_{self.name.upper()}_{field.upper()}"


def camel(name: str) -> str:
    """``ttl_hours`` → ``ttlHours``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """``ttlHours`` → ``ttl_hours``; what is snake already stays."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", name)


def read_file(path: Path) -> dict[str, Any]:
    """Read a settings file (YAML or JSON).

    Raises:
        ConfigError: it cannot be read, or is not a mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as problem:
        raise ConfigError(f"The settings file {path} cannot be read: {problem}") from problem
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ConfigError(f"The settings file {path} is not a mapping of groups to settings")
    return content


def check_keys(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse keys that no setting has, naming the nearest known one.

    Raises:
        ConfigError: for the first such key.
    """
    spellings = {snake(name) for name in known}
    for key in given:
        if snake(str(key)) not in spellings:
            near = difflib.get_close_matches(snake(str(key)), spellings, n=1, cutoff=0.5)
            hint = f"Did you mean {camel(near[0])!r}?" if near else f"Known keys: {', '.join(map(camel, known))}."
            raise ConfigError(f"{where}{key} is not a setting", remedy=hint)


def read_text(name: str, value: Any) -> str:
    """A text that is not blank, stripped of surrounding whitespace.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{name} is missing or not a text")
    return value.strip()


def read_group(
    group: Group, file: Mapping[str, Any], environment: Mapping[str, str], flags: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Make the options of one group.

    Args:
        group: which.
        file: the group's mapping in the settings file.
        environment: the process's variables.
        flags: values from the command line, keyed ``group.field``.

    Returns:
        One instance of each of the group's classes.

    Raises:
        ConfigError: a key is unknown, or a value is of the wrong type.
    """
    names = [field.name for _, field in group.fields()]
    variants = [f"{name}_file" for name in group.file_variants]
    check_keys(f"{group.name}.", file, [*names, *variants])
    in_file = {snake(key): value for key, value in file.items()}
    values: dict[type[Any], dict[str, Any]] = {options: {} for options in group.classes}
    for options, field in group.fields():
        value = _find(group, field.name, in_file, environment, flags)
        if value is not None:
            values[options][field.name] = read_value(f"{group.name}.{camel(field.name)}", value, _type(options, field))
    return tuple(options(**given) for options, given in values.items())


def _find(
    group: Group, name: str, in_file: Mapping[str, Any], environment: Mapping[str, str], flags: Mapping[str, Any]
) -> Any:
    flag = flags.get(f"{group.name}.{name}")
    if flag is not None:
        return flag
    for variable in (group.environment(name), *group.aliases.get(name, ())):
        if environment.get(variable):
            return environment[variable]
    if name in group.file_variants:
        path = environment.get(group.environment(f"{name}_file")) or in_file.get(f"{name}_file")
        if path:
            return _content(f"{group.name}.{camel(name)}File", str(path))
    return in_file.get(name)


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{name}: {path} cannot be read: {problem}") from problem


@cache
def _types(options: Any) -> Mapping[str, Any]:
    """The types of an options class by field; looked up once, because each look-up compiles every annotation."""
    return get_type_hints(options)


def _type(options: Any, field: dataclasses.Field[Any]) -> Any:
    return _types(options)[field.name]


def read_value(name: str, value: Any, wanted: Any) -> Any:
    """Make a value of the wanted type of what the file or the environment gives.

    Args:
        name: of the setting, for errors.
        value: as given; a text with commas may stand for a list.
        wanted: a type; an options dataclass may be the type of a list's entries.

    Raises:
        ConfigError: it cannot be made.
    """
    if isinstance(value, str) and "tuple" in str(wanted):
        value = [part.strip() for part in value.split(",") if part.strip()]
    entry = next((argument for argument in get_args(wanted) if dataclasses.is_dataclass(argument)), None)
    if entry is not None and isinstance(value, list):
        value = [_entry(f"{name}[{index}].", item, entry) for index, item in enumerate(value)]
    try:
        return msgspec.convert(value, wanted, strict=False, dec_hook=_special)
    except (msgspec.ValidationError, ValueError) as problem:
        raise ConfigError(f"{name} cannot be {value!r:.100}: {problem}") from problem


def _entry(where: str, given: Any, options: Any) -> dict[str, Any]:
    """One entry of a list of mappings, with its keys as the options class has them."""
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where.rstrip('.')} is not a mapping of settings")
    check_keys(where, given, [field.name for field in dataclasses.fields(options)])
    return {snake(str(key)): value for key, value in given.items()}


def _special(wanted: type[Any], value: Any) -> Any:
    if wanted is Path:
        return Path(str(value)).expanduser()
    if wanted is Decimal:
        return Decimal(str(value))
    raise ValueError(f"no setting is of type {wanted}")


def describe(groups: Sequence[Group]) -> Iterator[Setting]:
    """Every setting of some groups, for the documentation."""
    for group in groups:
        for options, field in group.fields():
            name, help_text = field.name, str(field.metadata.get("help", ""))
            variable = "" if has_entries(options, field) else group.environment(name)
            yield Setting(f"{group.name}.{camel(name)}", variable, _shown(field.default), help_text)
            if name in group.file_variants:
                text = f"Path of a file that holds {group.name}.{camel(name)}, such as a mounted Secret."
                yield Setting(f"{group.name}.{camel(name)}File", group.environment(f"{name}_file"), "", text)


def has_entries(options: type[Any], field: dataclasses.Field[Any]) -> bool:
    """Whether a setting is a list of mappings, which only a file can hold."""
    kind = _type(options, field)
    if get_origin(kind) not in (list, tuple):
        return False
    return any(dataclasses.is_dataclass(argument) or get_origin(argument) is dict for argument in get_args(kind))


def _shown(default: object) -> str:
    """A default as the file would have it."""
    if default in (None, dataclasses.MISSING):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    return ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)
