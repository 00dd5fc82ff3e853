"""A strict YAML reader: every mistake of a file is found at once and shown as `file:line:column: what; what
is allowed`.

Stricter than YAML itself: no duplicate keys, no anchors, no tags, no `yes`/`010`/`1:30` that mean something
else than they say. A mistake is noted, a stand-in value is returned, and `finish()` raises all notes
together.
"""

import re
from pathlib import Path
from typing import Any, Callable, Iterable, Optional, Union

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 64  # of lists and mappings in one another; Python's own limit would end in a traceback

Scalar = Union[int, float, str, bool]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")


_OPENING = (yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken, yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


class InputError(Exception):
    """Wrong input: one or more messages that the user can act on. The command ends with status 2."""

    def __init__(self, *messages: str):
        super().__init__("\n".join(messages))
        self.messages = list(messages)


class Reader:
    """Reads one file; `root` is its top node. Notes mistakes until `finish()`."""

    def __init__(self, path: Path):
        self.path = path
        self.mistakes: list[tuple[int, int, str]] = []
        self._keys: dict[int, yaml.Node] = {}
        self.root: Optional[yaml.Node] = None
        self.root = self._compose(_text_of(path))

    def _compose(self, text: str) -> yaml.Node:
        try:
            depth = 0
            for token in yaml.scan(text, Loader=yaml.SafeLoader):
                depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
                if depth > MAX_DEPTH:
                    self._note(token.start_mark, f"nested more than {MAX_DEPTH} levels deep")
                    break
                if isinstance(token, (yaml.AliasToken, yaml.AnchorToken, yaml.TagToken)):
                    self._note(token.start_mark,
                               "anchors, aliases and tags are not read; write the value out")
            self.finish()
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self._note(error.problem_mark or error.context_mark,
                       f"not YAML: {error.problem or error.context}")
            self.finish()
        except yaml.YAMLError as error:
            raise InputError(f"{self.path}: not YAML: {str(error).splitlines()[0]}") from error
        if node is None:
            raise InputError(f"{self.path}:1:1: the file is empty")
        return node

    def _note(self, mark: Any, message: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.mistakes.append((line, column, message))

    def note(self, node: yaml.Node, message: str) -> None:
        """Notes a mistake at the node: what is wrong; what is allowed."""
        self._note(node.start_mark, message)

    def note_key(self, value: yaml.Node, message: str) -> None:
        """Notes a mistake at the key of a value that `mapping` gave."""
        self._note(self._keys[id(value)].start_mark, message)

    def finish(self) -> None:
        """Raises InputError with all mistakes so far, in the order of the file."""
        if self.mistakes:
            ordered = sorted(dict.fromkeys(self.mistakes))
            raise InputError(*(f"{self.path}:{line}:{column}: {text}" for line, column, text in ordered))

    def mapping(self, node: yaml.Node, what: str, known: Optional[Iterable[str]] = None,
                required: Iterable[str] = ()) -> dict[str, yaml.Node]:
        """The node's keys and values. With `known`, any other key is a mistake; so is a missing `required`
        one."""
        if not isinstance(node, yaml.MappingNode):
            self.note(node, f"{what} is {_kind(node)}; expected `key: value` lines")
            return {}
        found: dict[str, yaml.Node] = {}
        allowed = None if known is None else list(known)
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self.note(key, f"a key of {what} is not a word")
            elif name in found:
                self.note(key, f"{name} is given twice in {what}; keep one")
            elif allowed is not None and name not in allowed:
                self.note(key, f"{what} has no {name}; known: {', '.join(allowed)}")
            else:
                found[name] = value
                self._keys[id(value)] = key
        for name in required:
            if name not in found:
                self.note(node, f"{what} has no {name}, which is required")
        return found

    def sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The entries of a list that must not be empty."""
        if not isinstance(node, yaml.SequenceNode):
            self.note(node, f"{what} is {_kind(node)}; expected a list [a, b, ...]")
            return []
        if not node.value:
            self.note(node, f"{what} is an empty list; at least one entry is needed")
        return list(node.value)

    def scalar(self, node: yaml.Node, what: str) -> Scalar:
        """A number, true/false or text, read as it is written."""
        if not isinstance(node, yaml.ScalarNode):
            self.note(node, f"{what} is {_kind(node)}; expected one value")
            return 0
        text = node.value
        if node.style is not None:
            return text
        if _LEADING_ZERO.match(text):
            self.note(node, f"{what}: {text} has a leading zero; write {int(text)}")
            return int(text)
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        if text in ("true", "false"):
            return text == "true"
        if text in ("", "~", "null"):
            self.note(node, f"{what} has no value")
        return text

    def text(self, node: yaml.Node, what: str) -> str:
        """A piece of text; a bare number is taken as text too."""
        self.scalar(node, what)
        return node.value if isinstance(node, yaml.ScalarNode) else ""

    def boolean(self, node: yaml.Node, what: str) -> bool:
        """true or false."""
        return self._checked(node, what, lambda v: isinstance(v, bool), "true or false", False)

    def number(self, node: yaml.Node, what: str, low: float = 0.0, high: float = 1e30) -> float:
        """A number within [low, high]."""
        return float(self._checked(node, what, lambda v: _is_number(v) and low <= v <= high,
                                   f"a number in {low:g}..{high:g}", low))

    def integer(self, node: yaml.Node, what: str, low: int = 0, high: int = 2**53) -> int:
        """A whole number within [low, high]."""
        return self._checked(node, what, lambda v: _is_number(v) and isinstance(v, int) and low <= v <= high,
                             f"a whole number in {low}..{high}", low)

    def choice(self, node: yaml.Node, what: str, allowed: Iterable[str]) -> str:
        """One of the allowed words."""
        words = list(allowed)
        return self._checked(node, what, lambda v: v in words, "one of " + ", ".join(words), words[0])

    def _checked(self, node: yaml.Node, what: str, test: Callable[[Any], bool], allowed: str,
                 stand_in: Any) -> Any:
        before = len(self.mistakes)
        value = self.scalar(node, what)
        if len(self.mistakes) > before:
            return stand_in
        if test(value):
            return value
        self.note(node, f"{what}: {value} is not allowed; expected {allowed}")
        return stand_in


def plain(reader: Reader, node: yaml.Node, what: str = "the file") -> Any:
    """The node as plain Python values, for files whose keys are checked elsewhere."""
    if isinstance(node, yaml.MappingNode):
        return {key: plain(reader, value, key) for key, value in reader.mapping(node, what).items()}
    if isinstance(node, yaml.SequenceNode):
        return [plain(reader, entry, what) for entry in node.value]
    return reader.scalar(node, what)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(node: yaml.Node) -> str:
    names = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}
    return names[type(node)]


def _text_of(path: Path) -> str:
    """The file's text, or an InputError that says why it cannot be one."""
    try:
        if path.is_dir():
            raise InputError(f"{path}: this is a directory; expected a YAML file")
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: {path.stat().st_size} bytes is too long; at most {MAX_BYTES} are read")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text: byte {error.start} is not UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
