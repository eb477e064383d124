"""Tasks that ask a web service."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.pycompss.requests import RequestFailedError

pytestmark = pytest.mark.usefixtures("cluster")


def test_a_task_asks_a_web_service(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON becomes a value, anything else is text; the address may have a variable in it."""
    monkeypatch.setenv("EFLOWS_TEST_SERVICE", service)

    @ef.http("get", "${EFLOWS_TEST_SERVICE}/at/{{x}}")
    @ef.task
    def ask(x: int) -> Any: ...

    @ef.http("GET", f"{service}/text")
    @ef.task
    def ask_for_text() -> Any: ...

    assert ef.wait_on([ask(5), ask_for_text()]) == [{"path": "/at/5"}, "/text"]


def test_parts_of_an_answer_are_returned_and_put_into_arguments(service: str) -> None:
    """As many results as the task function has."""

    @ef.http(
        "POST",
        service,
        payload="[{{x}}]",
        produces='{"of": {"size": "{{return_0}}"}, "sent": "{{told}}"}',
        updates="{{known}}.sent = {{told}}",
    )
    @ef.task(known=ef.INOUT)
    def send(x: str, known: dict[str, Any]) -> Any: ...

    known: dict[str, Any] = {}

    assert ef.wait_on(send("a", known)) == 5
    assert ef.wait_on(known) == {"sent": ["a"]}


def test_a_service_that_refuses_lets_the_task_fail(service: str) -> None:
    """With the code of its answer, and what it says; so does one that is not there."""

    @ef.http("GET", "{{address}}/nowhere")
    @ef.task
    def ask(address: str) -> Any: ...

    with pytest.raises(RequestFailedError, match=r"GET http://\S+/nowhere was refused: 404 Not Found \(\{"):
        ef.wait_on(ask(service))
    with pytest.raises(RequestFailedError, match=r"GET http://127.0.0.1:1/nowhere got no answer"):
        ef.wait_on(ask("http://127.0.0.1:1"))
