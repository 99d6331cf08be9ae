"""Ctrl-C, also where a library would swallow it."""

from __future__ import annotations

import os
import signal

import pydantic_core
import pytest
from pydantic_core import ValidationError

from aztrust.cli import interrupt
from aztrust.core.base import model
from aztrust.core.base.model import Model, Name


@pytest.fixture
def handled(monkeypatch):
    """The handler as the program installs it; the signals that it puts off."""
    put_off = []

    class Later:
        def __init__(self, _seconds, act, arguments):
            put_off.append((act, arguments))

        def start(self):
            pass

    monkeypatch.setattr("threading.Timer", Later)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt.answer_interrupts()
    yield put_off
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("builder", ["SchemaValidator", "SchemaSerializer"])
def test_an_interrupt_waits_for_what_pydantic_core_builds(handled, monkeypatch, builder):
    class Named(Model):
        """A model whose validator and serializer are still to be built."""

        name: Name

    def building(schema):
        signal.raise_signal(signal.SIGINT)
        return getattr(pydantic_core, builder)(schema)

    monkeypatch.setattr(model, builder, building)
    try:
        assert Named.model_validate({"name": "a"}).model_dump() == {"name": "a"}
    except KeyboardInterrupt:
        pytest.fail("interrupted while it was building")
    assert handled == [(os.kill, (os.getpid(), signal.SIGINT))]
    with pytest.raises(ValidationError):
        Named.model_validate({"name": "A"})
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_who_ignores_interrupts_goes_on_ignoring_them(handled):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt.answer_interrupts()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
