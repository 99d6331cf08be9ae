"""The list of nodes: what is read, and what is refused with the reason."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.chain.node_list import (
    MAX_LIST_BYTES,
    MAX_NODES,
    Address,
    ListedNode,
    nodes_of,
    parse_address,
    parse_node_list,
)

FULL = """
[[node]]
name = "val-a"
operator = "atlas"
rpc = "http://10.0.0.1:26657"
metrics = "http://10.0.0.1:26660/metrics"
validator = "AB12"
[[node]]
name = "val-b"
rpc = "https://rpc.example.org/cosmos/"
"""


def parse(text: str) -> tuple[ListedNode, ...]:
    return parse_node_list(text.encode(), what="nodes.toml")


def test_a_list_in_its_order():
    one, two = parse(FULL)
    assert one == ListedNode(
        "val-a",
        Address(False, "10.0.0.1", 26657),
        "atlas",
        Address(False, "10.0.0.1", 26660, "/metrics"),
        "AB12",
    )
    assert two == ListedNode("val-b", Address(True, "rpc.example.org", 443, "/cosmos"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "node is missing"),
        ("[[node]", "not TOML"),
        ("node = []", "it is empty"),
        ('[[node]]\nname = "a"', "rpc is missing"),
        ('[[node]]\nname = "A b"\nrpc = "http://a:1"', "it has to be a name"),
        ('[[node]]\nname = "a"\nrpc = "ftp://a:1"', "the node a: ftp://a… is not an address"),
        ('[[node]]\nname = "a"\nrpc = "http://a:1"\nmetrics = "x"', "the node a: x is not"),
        ('[[node]]\nname = "a"\nrpc = "http://a:1"\nprc = "http://a:2"', "unknown key node"),
        (FULL.replace("val-b", "val-a"), "two nodes have the name val-a"),
        (
            FULL.replace("https://rpc.example.org/cosmos/", "http://10.0.0.1:26657/"),
            "val-a and val-b have one address",
        ),
        (f'[[node]]\nname = "a"\nrpc = "http://{"a" * 300}"', "has more than 300 characters"),
    ],
)
def test_a_list_that_is_refused(text, why):
    with pytest.raises(Malformed) as caught:
        parse(text)
    assert why in caught.value.message
    assert caught.value.subject == "nodes.toml"
    assert "policy" not in caught.value.mend


def listed(count: int) -> str:
    return "".join(f'[[node]]\nname = "n{n}"\nrpc = "http://a:{n + 1}"\n' for n in range(count))


def test_a_thousand_nodes_are_observed_and_no_more():
    assert len(parse(listed(MAX_NODES))) == 1000
    with pytest.raises(Malformed, match="1,001 nodes, and at most 1,000"):
        parse(listed(MAX_NODES + 1))
    words = [f"http://a:{n + 1}" for n in range(MAX_NODES + 1)]
    assert len(nodes_of(words[:-1])) == MAX_NODES
    with pytest.raises(Malformed, match="at most 1,000"):
        nodes_of(words)


def test_a_list_that_is_too_large_is_not_parsed():
    padded = FULL + "#" * (MAX_LIST_BYTES - len(FULL))
    assert len(parse(padded)) == 2
    with pytest.raises(Malformed, match="may have 1,048,576"):
        parse(padded + "#")


def test_words_of_a_command_line():
    one, two, three = nodes_of(
        ["http://a:1", "val-b=https://b", "http://c:3/x=y".replace("=y", "")]
    )
    assert (one.name, two.name, three.name) == ("node-1", "val-b", "node-3")
    assert two.rpc == Address(True, "b", 443)
    assert three.rpc.path == "/x"


def test_words_that_are_refused():
    with pytest.raises(UsageError, match="Val is not a name"):
        nodes_of(["Val=http://b:1"])
    with pytest.raises(Malformed, match="two nodes have the name node-2"):
        nodes_of(["node-2=http://a:1", "http://b:2"])


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:26657",
        "http://[::1]:26657",
        "https://rpc.example.org:443/a/b",
    ],
)
def test_an_address_and_its_text(text):
    assert parse_address(text).text == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("127.0.0.1:26657", "is not an address"),
        ("file:///etc/passwd", "is not an address of http or https"),
        ("http://user:secret@h:1", "has a user or a password"),
        ("http://user@h", "has a user or a password"),
        ("http://h:1/?a=1", "has a query"),
        ("http://h:1/?", "has a query"),
        ("http://h:1/#a", "has a query or a fragment"),
        ("http://", "names no host"),
        ("http://a b:1", "has characters"),
        ("http://\u0430:1", "has characters"),
        ("http://-a:1", "names no host"),
        ("http://a\r\nX:1", "has characters that no address has"),
        ("http://h:0", "has the port 0"),
        ("http://h:99999", "is not an address"),
        ("http://h:x", "is not an address"),
        ("http://h:1/a/../b", "has a path that is not plain"),
        ("http://h:1/a%20b", "has a path that is not plain"),
        ("http://h:1/a\tb", "has characters"),
        ("http://[::1", "is not an address"),
    ],
)
def test_an_address_that_is_refused(text, why):
    with pytest.raises(UsageError, match=why):
        parse_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://user:secret@h:1",
        "http://user:sec/secret@h:1",
        "http://user:a@secret@h",
        "http://user:secret@[::1",
        "http:/user:secret@h?a=secret",
        "user:secret@h:1",
        "http://user:secret%40h",
        "http://h:1/secret?",
        "http://h:1/?key=secret",
        "ftp://user:secret@h",
        f"http://user:secret@{'h' * 300}",
    ],
)
def test_a_password_in_an_address_is_in_no_message(text):
    """Messages go into logs."""
    for read in (
        lambda: parse_address(text),
        lambda: nodes_of([text]),
        lambda: nodes_of([f"val-a={text}"]),
        lambda: parse(f'[[node]]\nname = "a"\nrpc = "{text}"'),
        lambda: parse(f'[[node]]\nname = "a"\nrpc = "http://h"\nmetrics = "{text}"'),
    ):
        with pytest.raises((UsageError, Malformed)) as caught:
            read()
        error = caught.value
        shown = f"{error.message} {error.subject} {error.mend} {error.details}"
        assert "secret" not in shown
        assert "user" not in shown.replace("a user", "") or "%40" in text


def test_what_is_shown_of_a_refused_address():
    for text, shown in (
        ("ftp://h", "ftp://h is not"),
        ("http://h:1/?a=1", "http://h… has a query"),
        ("http://u:p@h", "http://… has a user"),
    ):
        with pytest.raises(UsageError) as caught:
            parse_address(text)
        assert caught.value.message.startswith(shown)


def test_one_address_is_not_two_nodes():
    """Heights and states count when two nodes report them."""
    assert len(nodes_of(["a=http://h:1", "b=http://h:2", "c=http://i:1", "d=http://h:1/x"])) == 4
    for same in ("http://H:1", "http://h:1/", "https://h:1"):
        with pytest.raises(Malformed, match="a and b have one address"):
            nodes_of(["a=http://h:1", f"b={same}"])
