"""When a stored reply may answer, and what of the traffic is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.request import Request

from jmle_plugin.ask.cassette import read_cassette, write_cassette
from jmle_plugin.ask.matching import matches
from jmle_plugin.ask.prompt import Prompt, load_prompt
from jmle_plugin.ask.recording import Recorder, canonical_request, keep_run
from jmle_plugin.ask.run import ImageMode, RunSpec, read_run
from jmle_plugin.ask.sitting import AskRequest, build_request
from jmle_plugin.errors import CassetteError, StaleCassetteError
from jmle_plugin.exam.model import Question
from jmle_plugin.gateway.protocol import CHAT_PATH, DIGEST_HEADER, EPOCH_HEADER, QUESTION_HEADER
from tests.builders import (
    FIGURE,
    make_cassette,
    make_completion,
    make_exam,
    make_imported_run,
    make_question,
    make_run,
)

EXAM = make_exam()
PROMPT = load_prompt()
SECRET = "token-of-today"  # noqa: S105 - to be looked for in files


def asked(
    question: Question | None = None,
    *,
    prompt: Prompt | None = PROMPT,
    epoch: int = 1,
    **run: Any,
) -> AskRequest:
    """What is asked of a run with these changes."""
    return build_request(make_run(**run), EXAM, prompt, question or make_question(), epoch)


def sent(request: AskRequest) -> Any:
    """The request as vcrpy sees it after our filter."""
    headers = {
        "host": "127.0.0.1:5000",
        "authorization": f"Bearer {SECRET}",
        "content-length": "5",
        QUESTION_HEADER: request.question,
        EPOCH_HEADER: str(request.epoch),
        DIGEST_HEADER: request.question_sha256,
    }
    url = "http://127.0.0.1:5000" + CHAT_PATH
    return canonical_request(Request("POST", url, request.payload, headers))


def answer(body: object = None, status: int = 200) -> dict[str, Any]:
    """A response as vcrpy holds it."""
    raw = body if isinstance(body, bytes) else json.dumps(body or make_completion()).encode()
    return {
        "status": {"code": status, "message": ""},
        "headers": {"set-cookie": [SECRET], "server": ["127.0.0.1:5000"]},
        "body": {"string": raw},
    }


def saved(folder: Path, request: AskRequest, response: dict[str, Any] | None = None) -> Path:
    file = folder / "some-model" / "A-1.yaml"
    traffic = {"requests": [sent(request)], "responses": [response or answer()]}
    Recorder(make_run()).save_cassette(str(file), traffic, serializer=None)
    return file


def loaded(file: Path, run: RunSpec | None = None) -> Any:
    """The stored request as vcrpy gets it to match against."""
    requests, _ = Recorder(run or make_run()).load_cassette(str(file), serializer=None)
    return requests[0]


def difference(folder: Path, then: AskRequest, now: AskRequest) -> str:
    """What is said where `then` was recorded and `now` is asked."""
    file = saved(folder, then)
    with pytest.raises(StaleCassetteError) as caught:
        matches(sent(now), loaded(file))
    assert caught.value.where == str(file)
    assert now.question in caught.value.problem
    return caught.value.problem.partition(": ")[2]


def test_reply_answers_the_same_question_again(tmp_path: Path) -> None:
    file = saved(tmp_path, asked(parameters={"seed": 1}))
    assert matches(sent(asked(parameters={"seed": 1})), loaded(file))
    _, responses = Recorder(make_run()).load_cassette(str(file), serializer=None)
    assert json.loads(responses[0]["body"]["string"]) == make_completion()


def test_where_the_service_listens_does_not_matter(tmp_path: Path) -> None:
    file, today = saved(tmp_path, asked()), sent(asked())
    today.uri = "http://127.0.0.1:9999/v1/chat/completions"
    assert matches(canonical_request(today), loaded(file))


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        (asked(), asked(model="other"), "model was some/model, now other"),
        (asked(), asked(parameters={"seed": 1}), "parameter seed was not set, now 1"),
        (asked(parameters={"seed": 1}), asked(), "parameter seed was 1, now not set"),
        (
            asked(parameters={"seed": 1, "top_p": 0.5, "n": 1}),
            asked(parameters={"seed": 2, "top_p": 0.9, "n": 1}),
            "parameter seed was 1, now 2; parameter top_p was 0.5, now 0.9",
        ),
        (asked(), asked(prompt=replace(PROMPT, system=PROMPT.user)), "the prompt changed"),
        (
            asked(),
            asked(make_question(text="another?")),
            "the question's text or the prompt changed",
        ),
        (
            asked(make_question(images=(FIGURE,))),
            asked(make_question(images=(replace(FIGURE, sha256="9" * 64),))),
            "the images changed (111111111111, now 999999999999)",
        ),
        (
            asked(make_question(images=(FIGURE,))),
            asked(make_question(images=(FIGURE,)), images="blind"),
            "the images changed (111111111111, now none)",
        ),
        (
            asked(make_question(images=(FIGURE,))),
            asked(make_question(text="another?")),
            (
                "the images changed (111111111111, now none); "
                "the question's text or the prompt changed"
            ),
        ),
        (asked(epoch=2), asked(), "it holds epoch 2"),
    ],
)
def test_stale_cassette_says_precisely_what_differs(
    tmp_path: Path, then: AskRequest, now: AskRequest, says: str
) -> None:
    assert difference(tmp_path, then, now) == says


def test_cassette_of_another_question_is_named_as_such(tmp_path: Path) -> None:
    says = difference(tmp_path, asked(make_question("A-5")), asked())
    assert says.startswith("it holds question A-5; ")


def test_no_difference_is_too_small_to_be_one(tmp_path: Path) -> None:
    then = asked()
    messages = [one | {"role": "user"} for one in then.body["messages"]]
    now = replace(then, body=then.body | {"messages": messages})
    assert difference(tmp_path, then, now) == "the form of its messages changed"


def test_figure_the_candidate_never_saw_may_change(tmp_path: Path) -> None:
    changed = make_question(images=(replace(FIGURE, sha256="9" * 64),))
    file = saved(tmp_path, asked(make_question(images=(FIGURE,)), images="blind"))
    assert matches(sent(asked(changed, images="blind")), loaded(file))


IMPORTED = make_imported_run()


def ask_imported(question: Question | None = None) -> AskRequest:
    """What is asked of an imported run: no prompt of ours."""
    return build_request(IMPORTED, EXAM, None, question or make_question())


def imported(file: Path, question: Question, run: RunSpec = IMPORTED) -> Path:
    request = ask_imported(question)
    stored = make_cassette(
        question_sha256=request.question_sha256, request=request.body, imported=run.import_mark
    )
    write_cassette(file, stored)
    return file


def test_imported_reply_answers_its_question(tmp_path: Path) -> None:
    file = imported(tmp_path / "A-1.yaml", make_question())
    assert matches(sent(ask_imported()), loaded(file, IMPORTED))


def test_imported_reply_is_stale_once_its_question_changed(tmp_path: Path) -> None:
    file = imported(tmp_path / "A-1.yaml", make_question(text="as it was?"))
    with pytest.raises(StaleCassetteError, match="changed since it was imported"):
        matches(sent(ask_imported()), loaded(file, IMPORTED))


def test_imported_reply_is_no_answer_to_another_question(tmp_path: Path) -> None:
    file = imported(tmp_path / "A-1.yaml", make_question())
    with pytest.raises(StaleCassetteError, match="it holds question A-1"):
        matches(sent(ask_imported(make_question("A-5"))), loaded(file, IMPORTED))


@pytest.mark.parametrize(
    "change",
    [{"display_name": "Another"}, {"parameters": {"seed": 1}}, {"images": ImageMode.VISION}, None],
)
def test_imported_reply_answers_for_no_other_run(
    tmp_path: Path, change: dict[str, Any] | None
) -> None:
    file = imported(tmp_path / "A-1.yaml", make_question())
    other = make_run() if change is None else IMPORTED.model_copy(update=change)
    with pytest.raises(CassetteError, match="is not of run some-model"):
        loaded(file, other)


def test_recorded_reply_answers_for_no_imported_run(tmp_path: Path) -> None:
    file = saved(tmp_path, asked())
    with pytest.raises(CassetteError, match="is not of run some-model"):
        loaded(file, IMPORTED)


def test_imported_run_takes_no_other_replies(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="takes no other replies"):
        Recorder(IMPORTED).save_cassette(str(tmp_path / "A-1.yaml"), {}, None)
    assert not list(tmp_path.iterdir())


def test_traffic_of_others_is_left_alone() -> None:
    assert canonical_request(Request("POST", "http://model.example/v1", b"{}", {})) is None


def test_reply_is_saved_with_the_record_of_its_run(tmp_path: Path) -> None:
    file = saved(tmp_path, asked())
    stored = read_cassette(file)
    assert (stored.question, stored.epoch, stored.imported) == ("A-1", 1, None)
    assert stored.request == asked().body
    assert stored.response == make_completion()
    assert read_run(file.parent) == make_run()


def test_record_of_a_run_is_written_once(tmp_path: Path) -> None:
    record = saved(tmp_path, asked()).parent / "run.json"
    record.write_text(record.read_text("utf-8") + "\n\n", encoding="utf-8")
    saved(tmp_path, asked())
    assert record.read_text("utf-8").endswith("\n\n")


def test_epochs_join_the_record_and_never_leave_it(tmp_path: Path) -> None:
    for epochs in (1, 3, 2):
        keep_run(tmp_path, make_run(epochs=epochs))
    assert read_run(tmp_path).epochs == 3


def test_what_replaying_would_refuse_is_found_without_replaying(tmp_path: Path) -> None:
    file = saved(tmp_path, asked())
    sound = asked()
    Recorder(make_run()).check(file, sound)
    for stale in (replace(sound, body=sound.body | {"seed": 1}), replace(sound, epoch=2)):
        with pytest.raises(StaleCassetteError):
            Recorder(make_run()).check(file, stale)
    file.write_text(file.read_text("utf-8")[:-5], encoding="utf-8")
    with pytest.raises(CassetteError, match="cut off"):
        Recorder(make_run()).check(file, sound)


def test_nothing_of_the_wire_is_stored(tmp_path: Path) -> None:
    file = saved(tmp_path, asked())
    text = "".join(one.read_text("utf-8") for one in file.parent.iterdir())
    for trace in (SECRET, "127.0.0.1", "5000", "cookie", "authorization", "Bearer", "http://"):
        assert trace not in text


@pytest.mark.parametrize(
    "response",
    [
        answer(status=500),
        answer(status=429),
        answer(status=201),
        answer(b""),
        answer(b'{"choices": ['),
        answer(b"\xff"),
        answer(b"[]"),
        answer({"choices": []}),
        answer({"choices": [{}]}),
        answer({"choices": [{"message": {"content": 5}}]}),
        answer({"error": {"message": "busy"}}),
        answer({**make_completion(), "cost": float("nan")}),
    ],
    ids=lambda one: f"{one['status']['code']} {one['body']['string'][:30]!r}",
)
def test_only_complete_successful_replies_are_saved(
    tmp_path: Path, response: dict[str, Any]
) -> None:
    saved(tmp_path, asked(), response)
    assert list(tmp_path.iterdir()) == []


def test_two_interactions_are_one_too_many(tmp_path: Path) -> None:
    traffic = {"requests": [sent(asked())] * 2, "responses": [answer()] * 2}
    with pytest.raises(CassetteError, match="2 interactions"):
        Recorder(make_run()).save_cassette(str(tmp_path / "A-1.yaml"), traffic, serializer=None)
    assert list(tmp_path.iterdir()) == []


def test_only_a_missing_file_is_a_missing_cassette(tmp_path: Path) -> None:
    file = tmp_path / "A-1.yaml"
    with pytest.raises(CassetteNotFoundError):
        loaded(file)
    file.touch()
    with pytest.raises(CassetteError, match="is empty"):
        loaded(file)
