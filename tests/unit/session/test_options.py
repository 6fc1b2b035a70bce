"""Settings: command line, then environment, then ini, then default."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.prompt import prompt_names
from jmle_plugin.errors import JmleError, SettingsError, UnknownNameError
from jmle_plugin.exam import default_data_root
from jmle_plugin.mark import Extraction
from jmle_plugin.session.option_forms import report_kinds, web_address
from jmle_plugin.session.option_table import GATES, OPTIONS
from jmle_plugin.session.runs_file import RunRow
from jmle_plugin.session.settings import Settings, read_settings

EXTRACTIONS = tuple(one.value for one in Extraction)
ATTRIBUTES = {
    "model": "rows",
    "run": "rows",
    "exam": "exams",
    "exam-data": "exam_data",
    "baseline": "name",
    "allow-mismatch": "allow",
    "lang": "language",
    "report": "kinds",
}
"""Options whose setting has another name."""


class Session:
    """A session's settings, made of a command line, variables and ini keys."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self.here = pytester.path

    def settings(
        self,
        *arguments: str,
        env: dict[str, str] | None = None,
        ini: dict[str, str] | None = None,
    ) -> Settings:
        for name, value in (env or {}).items():
            self._monkeypatch.setenv(name, value)
        lines = [f"{name} = {value}" for name, value in (ini or {}).items()]
        self._pytester.makeini("\n".join(["[pytest]", *lines]))
        return read_settings(self._pytester.parseconfig(*arguments))

    def refusal(self, kind: type[JmleError], *arguments: str, **given: dict[str, str]) -> str:
        with pytest.raises(kind) as caught:
            self.settings(*arguments, **given)
        return str(caught.value)


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Session:
    return Session(pytester, monkeypatch)


VALUES: dict[str, tuple[Sequence[str], Any]] = {
    "model": (("cli", "env", "ini"), ()),
    "run": (("cli", "env", "ini"), ()),
    "exam": (("cli", "env,two", "ini"), ("jmle120",)),
    "exam-data": (("/cli", "/env", "/ini"), None),
    "key": (("cli", "env", "ini"), ""),
    "extraction": (("published", "standard", "published"), Extraction.STANDARD),
    "prompt": (("/cli", "/env", "/ini"), None),
    "gate": (("none", "all", "none"), "official"),
    "cassettes": (("/cli", "/env", "/ini"), "cassettes"),
    "results": (("/cli", "/env", "/ini"), "results"),
    "images": (("vision", "blind", "skip"), None),
    "image-max-edge": (("512", "1024", "4096"), None),
    "epochs": (("2", "3", "4"), None),
    "api-base": (("http://cli", "http://env", "http://ini"), None),
    "concurrency": (("1", "2", "auto"), None),
    "max-concurrency": (("16", "32", "64"), 256),
    "request-timeout": (("1", "2.5", "3"), 600.0),
    "finish-reason": (("optional", "required", "optional"), "required"),
    "image-probe": (("optional", "required", "optional"), "required"),
    "max-retries": (("0", "1", "2"), 6),
    "rpm": (("1", "2", "3"), None),
    "tpm": (("1", "2", "3"), None),
    "max-cost": (("1.5", "2", "3"), None),
    "baseline": (("cli.json", "env", "ini"), ""),
    "alpha": (("0.01", "0.1", "0.5"), 0.05),
    "margin": (("5", "7.5", "15"), None),
    "pass-share": (("0.8", "0", "0.25"), 0.5),
    "allow-mismatch": (("images", "prompt", "key"), frozenset()),
    "report": (("csv", "markdown,csv", "none"), ("html",)),
    "html-images": (("embed", "small", "link"), "link"),
    "lang": (("ja", "en", "ja"), "en"),
}
BY_NAME = {option.name: option for option in OPTIONS}


def as_set(name: str, value: Any) -> Any:
    """The setting a single value becomes."""
    if name == "allow-mismatch":
        return frozenset([value])
    if name in {"model", "run"}:
        return (RunRow(**{"model": "", name: value}),)
    if name == "report":
        return report_kinds(value)
    if BY_NAME[name].many:
        return (value,)
    return Path(value) if BY_NAME[name].path else BY_NAME[name].parse(value)


def setting(settings: Settings, name: str) -> Any:
    attribute = ATTRIBUTES.get(name, name.replace("-", "_"))
    parts = (settings, settings.asking, settings.baseline, settings.reports)
    return next(getattr(one, attribute) for one in parts if hasattr(one, attribute))


def test_every_option_is_tested_here() -> None:
    others = {
        "offline", "model-arg", "price-in", "price-out", "baseline-gate", "shard", "runs",
        "batch", "batch-wait", "batch-again",
    }  # fmt: skip
    assert set(VALUES) | others == set(BY_NAME)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("given", [3, 2, 1, 0], ids=["all", "env and ini", "ini", "none"])
def test_precedence(session: Session, name: str, given: int) -> None:
    option = BY_NAME[name]
    (cli, env, ini), default = VALUES[name]
    settings = session.settings(
        *([option.flag, cli] if given > 2 else []),
        env={option.variable: env} if given > 1 else {},
        ini={option.dest: ini} if given > 0 else {},
    )
    if given:
        assert setting(settings, name) == as_set(name, (ini, env, cli)[given - 1])
    elif name in {"cassettes", "results"}:
        assert setting(settings, name) == session.here / default
    elif name == "exam-data":
        assert settings.exam_data == default_data_root()
    else:
        assert setting(settings, name) == default


@pytest.mark.parametrize(
    ("arguments", "env", "ini", "offline"),
    [
        ([], "", "", False),
        (["--offline"], "", "", True),
        (["--offline"], "no", "no", True),
        ([], "yes", "no", True),
        ([], "no", "yes", False),
        ([], "", "true", True),
        ([], "", "false", False),
        ([], "1", "", True),
        ([], "TRUE", "", True),
        ([], "0", "", False),
    ],
)
def test_offline(session: Session, arguments: list[str], env: str, ini: str, offline: bool) -> None:
    settings = session.settings(
        *arguments, env={"JMLE_OFFLINE": env}, ini={"jmle_offline": ini} if ini else {}
    )
    assert settings.offline is offline


@pytest.mark.parametrize("word", ["y", "enabled", "offline", "2", " "])
def test_switch_misspelt_is_no_switch_off(session: Session, word: str) -> None:
    said = session.refusal(UnknownNameError, env={"JMLE_OFFLINE": word})
    assert said.startswith(f"environment variable JMLE_OFFLINE: unknown truth value {word!r}")
    assert "Valid values: 1, true, yes, on, 0, false, no, off." in said


def test_ini_switch_misspelt_is_an_error(session: Session) -> None:
    said = session.refusal(SettingsError, ini={"jmle_offline": "perhaps"})
    assert said.startswith("ini key jmle_offline: invalid truth value 'perhaps'")


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [("gate", "oficial", GATES), ("extraction", "strict", EXTRACTIONS)],
)
@pytest.mark.parametrize("source", ["env", "ini"])
def test_bad_choice_is_told_the_valid_ones(
    session: Session, name: str, value: str, valid: tuple[str, ...], source: str
) -> None:
    option = BY_NAME[name]
    key = {"env": option.variable, "ini": option.dest}[source]
    said = session.refusal(UnknownNameError, **{source: {key: value}})
    assert f"{key}: unknown {name} {value!r}" in said
    assert f"Valid values: {', '.join(valid)}." in said


@pytest.mark.parametrize(("name", "valid"), [("gate", GATES), ("extraction", EXTRACTIONS)])
def test_bad_choice_on_the_command_line_is_told_the_valid_ones(
    session: Session, name: str, valid: tuple[str, ...]
) -> None:
    with pytest.raises(pytest.UsageError) as caught:
        session.settings(f"--{name}", "wrong")
    assert all(f"'{one}'" in str(caught.value) for one in valid)


@pytest.mark.parametrize("name", ["exam-data", "prompt", "cassettes", "results"])
def test_relative_paths_start_where_somebody_wrote_them(session: Session, name: str) -> None:
    option = BY_NAME[name]
    elsewhere = session.here / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pytest.ini").write_text(f"[pytest]\n{option.dest} = x\n", encoding="utf-8")
    from_ini = session.settings("--rootdir", str(session.here), "-c", "elsewhere/pytest.ini")
    assert setting(from_ini, name) == elsewhere / "x"
    assert setting(session.settings(option.flag, "x"), name) == session.here / "x"
    assert setting(session.settings(env={option.variable: "x"}), name) == session.here / "x"


@pytest.mark.parametrize("name", ["exam-data", "prompt", "cassettes", "results"])
def test_home_is_home_wherever_it_is_written(
    session: Session, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    option = BY_NAME[name]
    monkeypatch.setenv("HOME", "/at/home")
    home = Path("/at/home/x")
    assert setting(session.settings(f"{option.flag}=~/x"), name) == home
    assert setting(session.settings(ini={option.dest: "~/x"}), name) == home
    assert setting(session.settings(env={option.variable: "~/x"}), name) == home


def test_home_of_nobody_is_a_folder_like_any_other(session: Session) -> None:
    assert session.settings("--results=~no-such-user/x").results.name == "x"


def test_folder_with_blanks_is_one_folder(session: Session) -> None:
    assert session.settings(env={"JMLE_DATA": "/my data"}).exam_data == Path("/my data")


@pytest.mark.parametrize(
    ("arguments", "env", "ini"),
    [
        (["--model", "a", "--model", "b"], {}, {}),
        ([], {"JMLE_MODEL": "a b"}, {}),
        ([], {}, {"jmle_model": "a b"}),
    ],
)
def test_several_models_may_be_named(
    session: Session, arguments: list[str], env: dict[str, str], ini: dict[str, str]
) -> None:
    settings = session.settings(*arguments, env=env, ini=ini)
    assert settings.rows == (RunRow("a"), RunRow("b"))


def test_models_and_runs_are_paired_in_order(session: Session) -> None:
    settings = session.settings("--model=a", "--run=x", "--model=b", "--run=y")
    assert settings.rows == (RunRow("a", "x"), RunRow("b", "y"))


def test_a_runs_file_names_them_instead(session: Session) -> None:
    (session.here / "runs.toml").write_text('[[run]]\nmodel = "a"\nepochs = 2\n', "utf-8")
    settings = session.settings("--runs=runs.toml")
    assert settings.rows == (RunRow("a", epochs=2),)
    assert settings.skip_complete


def test_runs_alone_name_their_models(session: Session) -> None:
    assert session.settings("--run=x", "--run=y").rows == (RunRow("", "x"), RunRow("", "y"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model=a", "--model=b", "--run=x"], "--model is given 2 times, --run 1 times"),
        (["--model=a", "--model=a"], "--model names 'a' twice"),
        (["--run=x", "--run=y", "--run=x"], "--run names 'x' twice"),
        (["--model="], "--model is given without a name"),
        (["--model=a", "--run="], "--run is given without a name"),
        (["--model=a", "--runs=x.toml"], "--runs is given together with --model or --run"),
        (["--runs=x.toml"], "x.toml: is no runs file"),
    ],
)
def test_names_that_cannot_be_meant_are_refused(
    session: Session, arguments: list[str], says: str
) -> None:
    assert says in session.refusal(SettingsError, *arguments)


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["--report=html,csv"], ("html", "csv")),
        (["--report=csv", "--report=markdown, csv"], ("csv", "markdown")),
        (["--report=none"], ()),
    ],
)
def test_reports_are_named_together_or_one_by_one(
    session: Session, arguments: list[str], kinds: tuple[str, ...]
) -> None:
    assert session.settings(*arguments).reports.kinds == kinds


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--report=html", "--report=csv,pdf"], "'csv,pdf' names no kind of report: 'pdf'"),
        (["--report="], "names no kind of report: '' (html, markdown, csv, none)"),
        (["--report=none,html"], "names reports, and none as well"),
        (["--report=none", "--report=html"], "--report=none is given together with reports"),
    ],
)
def test_reports_that_cannot_be_meant_are_refused(
    session: Session, arguments: list[str], says: str
) -> None:
    assert says in session.refusal(SettingsError, *arguments)


@pytest.mark.parametrize(
    ("arguments", "env", "ini", "asked"),
    [
        ([], {}, {}, False),
        (["--gate=official"], {}, {}, True),
        ([], {"JMLE_GATE": "official"}, {}, True),
        ([], {}, {"jmle_gate": "official"}, True),
    ],
)
def test_gate_asked_for_is_told_from_the_default(
    session: Session,
    arguments: list[str],
    env: dict[str, str],
    ini: dict[str, str],
    asked: bool,
) -> None:
    assert session.settings(*arguments, env=env, ini=ini).gate_asked is asked


@pytest.mark.parametrize(
    ("arguments", "may"),
    [
        ([], True),
        (["--record-mode=rewrite"], True),
        (["--record-mode=rewrite", "--offline"], False),
        (["--record-mode=once"], True),
        (["--record-mode=none"], False),
        (["--record-mode=once", "--offline"], False),
    ],
)
def test_calls_are_made_unless_somebody_forbids_them(
    session: Session, arguments: list[str], may: bool
) -> None:
    assert session.settings(*arguments).may_record is may


@pytest.mark.parametrize("mode", ["all", "new_episodes"])
def test_record_mode_without_a_meaning_is_refused_where_an_exam_is_sat(
    session: Session, mode: str
) -> None:
    said = session.refusal(SettingsError, f"--record-mode={mode}", "--model=m")
    assert "rewrite asks for everything again" in said
    assert session.settings(f"--record-mode={mode}").record_mode == mode


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("temperature=0", 0),
        ("temperature=0.20", 0.2),
        ("logprobs=true", True),
        ("reasoning_effort=high", "high"),
        ('reasoning_effort="high"', "high"),
        ("user=a=b", None),
        ('user="a=b"', "a=b"),
        ("stop=['。', \"x\"]", ["。", "x"]),
        ("extra_body={top_k = 3, nested = {on = false}}", {"top_k": 3, "nested": {"on": False}}),
        ("model_id=openai/gpt-5.2:free", "openai/gpt-5.2:free"),
        ("seed= 7", 7),
    ],
)
def test_model_arguments_have_the_types_of_toml(session: Session, text: str, value: object) -> None:
    if value is None:
        session.refusal(SettingsError, "--model-arg", text)
        return
    parameters = session.settings("--model-arg", text).asking.parameters
    assert dict(parameters) == {text.partition("=")[0]: value}
    assert [type(one) for one in parameters.values()] == [type(value)]


@pytest.mark.parametrize(
    "text",
    [
        "temperature", "=1", "a b=1", "a.b=1", "t=True", "t=None", "t=nan", "t=inf", "t=0,2",
        "t=", "t=2026-11-21", "t=1\nu=2", "t=[1, nan]", 't="', "t=a b", "t=" + "[" * 100_000,
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_model_argument_that_is_no_value_is_refused(session: Session, text: str) -> None:
    assert session.refusal(SettingsError, "--model-arg", text).startswith("--model-arg: the value")


def test_model_arguments_come_from_anywhere(session: Session) -> None:
    assert session.settings(ini={"jmle_model_arg": "a=1 'b={c = 2}'"}).asking.parameters == {
        "a": 1, "b": {"c": 2},
    }  # fmt: skip
    env = {"JMLE_MODEL_ARG": "a=1 b=high 'c={d = \"two words\"}'"}
    assert session.settings(env=env).asking.parameters == {
        "a": 1, "b": "high", "c": {"d": "two words"},
    }  # fmt: skip
    env = {"JMLE_MODEL_ARG": "a=1 b=high"}
    given = ("--model-arg", "a=2", "--model-arg", "b=3")
    assert session.settings(*given, env=env).asking.parameters == {"a": 2, "b": 3}


@pytest.mark.parametrize(
    "text",
    ["model=x", "n=3", "input_cost_per_token=0", "api_key=sk-planted", "timeout=3", "stream=true",
     "drop_params=true",
     "extra_body={api_key = 'sk-planted'}", "extra_body={deep = [{Authorization = 'sk-planted'}]}",
     "client_secret=planted-1", "extra_query={key = 'planted'}",
     "extra_headers_of={'x-api-key' = 'planted'}", "extra_body={access_token = 'planted'}",
     "user=planted-secret-of-the-environment"],
)  # fmt: skip
def test_what_is_no_parameter_is_refused_without_repeating_it(session: Session, text: str) -> None:
    env = {"SOME_API_KEY": "planted-secret-of-the-environment"}
    said = session.refusal(SettingsError, "--model-arg", text, env=env)
    assert "planted" not in said
    assert text.partition("=")[0] in said


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        (("max_tokens=9", "max_completion_tokens=9"), "max_completion_tokens and max_tokens"),
        (("thinking={type = 'enabled'}", "extra_body={reasoning_effort = 'low'}"), "thinking"),
        (("temperature=0", "extra_body={temperature = 1}"), "extra_body.temperature"),
    ],
)
def test_one_thing_said_twice_is_refused(
    session: Session, parameters: tuple[str, ...], named: str
) -> None:
    said = session.refusal(SettingsError, *(f"--model-arg={one}" for one in parameters))
    assert "says one thing twice" in said
    assert named in said


@pytest.mark.parametrize(
    "text", ["max_tokens=9", "prompt_cache_key=a", "extra_body={eos_token = 'x'}", "top_k=3"]
)
def test_what_only_sounds_like_a_secret_is_a_parameter(session: Session, text: str) -> None:
    assert session.settings("--model-arg", text).asking.parameters


def test_a_variable_whose_quotes_do_not_end_is_refused(session: Session) -> None:
    said = session.refusal(SettingsError, env={"JMLE_MODEL_ARG": "a='1"})
    assert said.startswith("environment variable JMLE_MODEL_ARG: cannot be taken apart")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost:8000/v1",
        "//host/v1",
        "ftp://host/v1",
        "http://",
        "http://[::1",
        "http://h:x/",
        "http://h/v1 x",
    ],
)
def test_an_address_nobody_can_be_reached_at_is_refused(session: Session, address: str) -> None:
    said = session.refusal(SettingsError, f"--api-base={address}")
    assert said.startswith("--api-base: the value is no address like https://example.org/v1")


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1]:8000/v1/",
        "https://h.example/?api-version=2025-01-01",
        " http://日本.example\n",
    ],
)
def test_an_address_is_taken_without_the_blanks_around_it(address: str) -> None:
    assert web_address(address) == address.strip()


@pytest.mark.parametrize(
    "address", ["https://user:planted@host/v1", "https://host/v1?api-version=1&Api-Key=planted"]
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(
    session: Session, address: str
) -> None:
    said = session.refusal(SettingsError, f"--api-base={address}")
    assert "belong into the environment" in said
    assert "planted" not in said


def test_parameter_named_twice_is_refused(session: Session) -> None:
    said = session.refusal(SettingsError, "--model-arg=a=1", "--model-arg=a=2")
    assert "--model-arg names 'a' twice" in said


def test_prices_are_per_million_and_go_together(session: Session) -> None:
    settings = session.settings("--price-in=2", "--price-out=0")
    assert settings.asking.prices == (2e-6, 0.0)
    assert session.settings().asking.prices is None
    assert "Give both" in session.refusal(SettingsError, "--price-in=2")
    assert "Give both" in session.refusal(SettingsError, "--price-out=2")


def test_a_gate_on_a_baseline_needs_one(session: Session) -> None:
    assert "without a baseline" in session.refusal(SettingsError, "--baseline-gate=significant")
    settings = session.settings("--baseline=x", "--baseline-gate=noninferior", "--margin=5")
    assert (settings.baseline.gate, settings.baseline.margin) == ("noninferior", 5.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, values in {
            "alpha": ("0", "0.6", "5%"),
            "margin": ("0", "-5", "few"),
            "pass-share": ("1", "-1", "half"),
            "epochs": ("0", "-1", "1.5", "x", "", "1001"),
            "concurrency": ("0", "many", "1e3"),
            "max-retries": ("-1", "x"),
            "image-max-edge": ("0", "15"),
            "rpm": ("0", "-3", "nan", "inf"),
            "max-cost": ("0", "-1", "$3", "nan"),
            "request-timeout": ("0", "never"),
            "price-in": ("-1", "free"),
        }.items()
        for value in values
    ],
)
def test_numbers_that_cannot_be_meant_name_their_place(
    session: Session, name: str, value: str
) -> None:
    option = BY_NAME[name]
    said = session.refusal(SettingsError, f"{option.flag}={value}")
    assert said.startswith(f"{option.flag}: the value {value!r} ")
    if value:
        said = session.refusal(SettingsError, env={option.variable: value})
        assert said.startswith(f"environment variable {option.variable}: the value {value!r} ")


def test_help_names_variable_and_ini_key_of_every_option(pytester: pytest.Pytester) -> None:
    shown = " ".join(pytester.runpytest("--help").stdout.str().split())
    for option in OPTIONS:
        assert option.flag in shown
        assert option.dest in shown
        assert option.variable in shown


def test_a_path_after_a_blank_does_not_move_the_project(
    session: Session, tmp_path_factory: pytest.TempPathFactory
) -> None:
    there = str(tmp_path_factory.mktemp("elsewhere"))
    said = session.refusal(SettingsError, "--results", there)
    assert said.startswith("--results: ")
    assert f"Write --results={there}" in said
    assert setting(session.settings(f"--results={there}"), "results") == Path(there)
    (session.here / "inside").mkdir()
    assert setting(session.settings("--results", "inside"), "results") == session.here / "inside"


@pytest.mark.parametrize(
    ("given", "exams"),
    [
        ("one", ("one",)),
        ("one,two", ("one", "two")),
        (" one , ./my exam ", ("one", "./my exam")),
    ],
)
def test_several_exams_are_set_apart_by_commas(
    session: Session, given: str, exams: tuple[str, ...]
) -> None:
    assert session.settings(f"--exam={given}").exams == exams
    assert session.settings(env={"JMLE_EXAM": given}).exams == exams
    # What stands in `addopts` gives way to what is said after it, as it always did.
    assert session.settings("--exam=before", f"--exam={given}").exams == exams


def test_a_folder_may_have_commas_in_its_name(session: Session) -> None:
    folder = session.here / "my,exam"
    folder.mkdir()
    assert session.settings(f"--exam={folder}").exams == (str(folder),)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "names no exam"),
        ("one,", "has an exam without a name"),
        ("one,two,one", "names 'one' twice"),
    ],
)
def test_exams_that_cannot_be(session: Session, given: str, problem: str) -> None:
    assert problem in session.refusal(SettingsError, f"--exam={given}")


def test_a_prompt_is_given_by_name_or_as_a_file(session: Session) -> None:
    named = session.settings("--prompt=ja-1").prompt
    assert named == prompt_names()["ja-1"]
    assert session.settings("--prompt=mine.toml").prompt == session.here / "mine.toml"
    assert session.settings("--prompt=./ja-1").prompt == session.here / "ja-1"
