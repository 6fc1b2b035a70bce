"""Logs of inspect_ai (`.eval`), written by inspect_ai itself, which the extra `[inspect]` brings.

inspect_ai is imported here alone, and only where a log is written: it takes seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jmle_plugin.errors import SettingsError
from jmle_plugin.gateway.reply import Reply, Usage
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, answer_text, key_text
from jmle_plugin.mark.tallies import total_cost, total_tokens
from jmle_plugin.results.exporting import RecordedRun

_LETTERS = {Outcome.CORRECT: "C", Outcome.INCORRECT: "I", Outcome.NO_ANSWER: "N"}
"""inspect_ai's words for correct, incorrect and no answer."""
_STOPPED = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter"}
_UNKNOWN_PROMPT = (
    "The messages of this imported run are not known: each question's own text stands in for them."
)


def write(run: RecordedRun, file: Path) -> None:
    """Write one sample a question and epoch: messages, reply, score, tokens.

    SettingsError where inspect_ai is not installed.
    """
    try:
        from inspect_ai.log import EvalLog, write_eval_log  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            f"inspect_ai, which writes such logs, is not installed ({error})",
            where="--format=inspect",
            remedy="Install it beside the suite: pip install 'jmle[inspect]'.",
        ) from error
    log = EvalLog.model_validate(_log(run))
    write_eval_log(log, str(file))


def _log(run: RecordedRun) -> dict[str, Any]:
    results = run.results
    started = results.provenance.run.started
    replies = [mark for mark in results.marks if mark.outcome is not Outcome.ERROR]
    return {
        "status": "success",
        "eval": _spec(run),
        "plan": {},
        "results": {
            "total_samples": len(results.marks),
            "completed_samples": len(replies),
            "scores": _scores(run),
        },
        "stats": {
            "started_at": started,
            "completed_at": started,
            "model_usage": _summed_usage(results.run.model, replies),
        },
        "samples": [_sample(run, mark) for mark in results.marks],
    }


def _spec(run: RecordedRun) -> dict[str, Any]:
    results, exam = run.results, run.sitting.exam
    origin = results.provenance
    facts = origin.model_dump(mode="json", exclude={"run", "packages"})
    known = run.sitting.prompt is not None
    # The same results make the same log, so that one is known again.
    key = f"{exam.hash} {results.run.name} {origin.key.state} {origin.extraction}".encode()
    name = hashlib.sha256(key).hexdigest()[:22]
    return {
        "eval_id": name,
        "run_id": name,
        "created": origin.run.started,
        "task": exam.id,
        "task_id": exam.id,
        "task_version": exam.hash[:12],
        "task_display_name": exam.title,
        "dataset": {
            "name": exam.id,
            "location": origin.exam.licence,
            "samples": len(results.by_question()),
            "sample_ids": list(results.by_question()),
            "shuffled": False,
        },
        "model": results.run.model,
        "model_args": dict(origin.parameters),
        "model_base_url": run.api_base or None,
        "config": {"epochs": origin.epochs},
        "packages": origin.packages,
        "metadata": {
            "run": results.run.name,
            "title": results.run.title,
            "verdict": results.sheet.verdict.value,
            **facts,
            **({} if known else {"messages": _UNKNOWN_PROMPT}),
        },
    }


def _scores(run: RecordedRun) -> list[dict[str, Any]]:
    """Figures of the whole: those of the sheet, so that no other rule counts here."""
    sheet, marks = run.results.sheet, run.results.marks
    total, _ = sheet.means()
    scored = sum(mark.outcome is not Outcome.ERROR for mark in marks)
    counts = {"scored_samples": scored, "unscored_samples": len(marks) - scored}
    share = total.correct / total.questions if total.questions else 0.0
    return [
        _score("correct", {"accuracy": share}, counts),
        _score("points", {"sum": total.points, "max": total.max}, counts),
    ]


def _score(name: str, metrics: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, Any]:
    found = {metric: {"name": metric, "value": value} for metric, value in metrics.items()}
    return {"name": name, "scorer": name, "metrics": found, **counts}


def _sample(run: RecordedRun, mark: Mark) -> dict[str, Any]:
    question = run.sitting.exam.questions[mark.question]
    reply = run.reply(mark)
    asked = run.sitting.request(question, mark.epoch).body.get("messages")
    messages = [_message(one) for one in asked or [{"role": "user", "content": question.text}]]
    made: dict[str, Any] = {
        "id": mark.question,
        "epoch": mark.epoch,
        "input": messages,
        "choices": list(question.options.values()) or None,
        "target": [answer_text(one) for one in mark.accepted],
        "messages": messages,
        "metadata": {"section": question.section, "block": question.block, "max": mark.max},
        "uuid": f"{run.results.run.name}/{mark.question}/{mark.epoch}",
    }
    if reply is None or mark.outcome is Outcome.ERROR:
        error = {"message": mark.error, "traceback": "", "traceback_ansi": ""}
        return made | {"error": error}
    output = _output(run.results.run.model, mark, reply)
    return made | {
        "messages": [*messages, output["choices"][0]["message"]],
        "output": output,
        "model_usage": _summed_usage(run.results.run.model, [mark]),
        "scores": {
            "correct": {
                "value": _LETTERS[mark.outcome],
                "answer": answer_text(mark.answer),
                "explanation": f"key {key_text(mark.accepted)}",
                "metadata": {"outcome": mark.outcome.value, "how": mark.how.value},
            },
            "points": {"value": mark.points, "metadata": {"max": mark.max}},
        },
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message["content"]
    if isinstance(content, str):
        return {"role": message["role"], "content": content}
    return {"role": message["role"], "content": [_part(part) for part in content]}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a message; a figure by its digest, for the files are large."""
    if part["type"] == "text":
        return {"type": "text", "text": part["text"]}
    return {"type": "text", "text": f"[figure {part['image_url']['url']}]"}


def _output(model: str, mark: Mark, reply: Reply) -> dict[str, Any]:
    content: Any = reply.text
    if reply.reasoning:
        reasoning = {"type": "reasoning", "reasoning": reply.reasoning}
        content = [reasoning, {"type": "text", "text": reply.text}]
    message = {"role": "assistant", "content": content, "source": "generate", "model": model}
    return {
        # As inspect_ai has it: the provider's own name, without the prefix that says who that is.
        "model": (mark.model or model).removeprefix(model.partition("/")[0] + "/"),
        "choices": [
            {"message": message, "stop_reason": _STOPPED.get(mark.finish_reason, "unknown")}
        ],
        **({"usage": _usage(mark.tokens, mark.cost)} if mark.tokens else {}),
        **({} if mark.seconds is None else {"time": mark.seconds}),
    }


def _summed_usage(model: str, marks: Sequence[Mark]) -> dict[str, Any]:
    """Tokens and cost by model; empty where no reply has counts."""
    counted = [mark for mark in marks if mark.tokens is not None]
    if not counted:
        return {}
    return {model: _usage(total_tokens(counted), total_cost(counted).usd)}


def _usage(tokens: Usage, cost: float | None) -> dict[str, Any]:
    prompt, completion = tokens.prompt or 0, tokens.completion or 0
    return {
        "input_tokens": prompt,
        "output_tokens": completion,
        "total_tokens": prompt + completion,
        "reasoning_tokens": tokens.reasoning,
        "input_tokens_cache_read": tokens.cached,
        "total_cost": cost,
    }
