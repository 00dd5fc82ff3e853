"""The strict YAML reader: what it reads, and that it names every mistake of a file with line and column."""

import pytest
from analysis_support import desk  # noqa: F401  (sets the path, too)
from rondo.yaml_reader import InputError, Reader, plain


def read(tmp_path, text):
    path = tmp_path / "file.yaml"
    path.write_text(text)
    reader = Reader(path)
    value = plain(reader, reader.root)
    reader.finish()
    return value


def mistakes(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    return [message.removeprefix(str(tmp_path) + "/") for message in caught.value.messages]


def test_scalars_mean_what_they_say(tmp_path):
    text = 'a: 12\nb: -3.5\nc: 1e3\nd: true\ne: yes\nf: "7"\ng: 1:30\nh: 0x1f\ni: [1, {j: k}]\n'
    assert read(tmp_path, text) == {"a": 12, "b": -3.5, "c": 1000.0, "d": True, "e": "yes", "f": "7",
                                    "g": "1:30",
                                    "h": "0x1f", "i": [1, {"j": "k"}]}


@pytest.mark.parametrize("text, expected", [
    ("a: 1\nb: 2\na: 3\n", ["file.yaml:3:1: a is given twice in the file; keep one"]),
    ("a: 010\n", ["file.yaml:1:4: a: 010 has a leading zero; write 10"]),
    ("a:\nb: ~\n", ["file.yaml:1:3: a has no value", "file.yaml:2:4: b has no value"]),
    ("a: &x 1\nb: *x\n", ["file.yaml:1:4: anchors, aliases and tags are not read; write the value out",
                          "file.yaml:2:4: anchors, aliases and tags are not read; write the value out"]),
    ("a: !!python/object:os.system 1\n", ["file.yaml:1:4: anchors, aliases and tags are not read; write the value out"]),
    ("", ["file.yaml:1:1: the file is empty"]),
    ("- a\n", None),
    ("a: [1, 2\nb: 3\n", ["file.yaml:2:2: not YAML: expected ',' or ']', but got ':'"]),
    ("a: 1\n---\nb: 2\n", ["file.yaml:2:1: not YAML: but found another document"]),
])
def test_mistakes(tmp_path, text, expected):
    if expected is None:
        assert read(tmp_path, text) == ["a"]
    else:
        assert mistakes(tmp_path, text) == expected


def test_files_that_are_no_yaml(tmp_path):
    cases = {"missing": "there is no such file", "directory": "this is a directory", "sparse": "is too long",
             "binary": "not text"}
    (tmp_path / "directory").mkdir()
    (tmp_path / "binary").write_bytes(b"a: \xff\xfe")
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(10 << 30)
    for name, words in cases.items():
        with pytest.raises(InputError, match=words):
            Reader(tmp_path / name)
