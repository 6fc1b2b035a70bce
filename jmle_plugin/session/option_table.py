"""Every setting there is: its flag, environment variable, ini key, and what its value may be."""

from __future__ import annotations

from jmle_plugin.gateway.concurrency import MOST
from jmle_plugin.mark import Extraction
from jmle_plugin.results.language import Language
from jmle_plugin.session.option_forms import (
    REPORTS,
    Option,
    amount,
    exam_names,
    level,
    model_argument,
    positive,
    prompt_files,
    report_kinds,
    shard,
    share,
    web_address,
    whole,
)

GATES = ("official", "all", "none")
BASELINE_GATES = ("significant", "noninferior", "newly-wrong", "images")
IMAGE_MODES = ("vision", "blind", "skip", "audit")
HTML_IMAGES = ("link", "embed", "small", "off")


OPTIONS = (
    Option(
        "model",
        "the model to examine; repeat it to examine several",
        metavar="NAME",
        many=True,
        everyday=True,
    ),
    Option(
        "run",
        "the run's name (default: made from the model's)",
        metavar="NAME",
        many=True,
        everyday=True,
    ),
    Option(
        "runs",
        "file that describes runs once, a [[run]] each (model, name, args, prompt, images, epochs, "
        "api_base, group), instead of --model and --run",
        metavar="FILE",
        path=True,
    ),
    Option(
        "exam",
        "the exam, by name or path; several with commas, each with a sheet of its own",
        metavar="NAME|PATH[,...]",
        default="jmle120",
        parse=exam_names,
        everyday=True,
    ),
    Option(
        "exam-data",
        "folder with one folder per exam source (default: where `jmle fetch` puts them)",
        env="JMLE_DATA",
        metavar="DIR",
        path=True,
    ),
    Option("key", "state of the answer key (default: the exam's own)", metavar="STATE"),
    Option(
        "extraction",
        "how answers are read: like a human examiner, or by the rule their project published",
        choices=tuple(one.value for one in Extraction),
        default=Extraction.STANDARD.value,
    ),
    Option(
        "prompt",
        "the prompt, by name (one of the suite's, or one that a project published) or as a file",
        metavar="NAME|FILE",
        path=True,
        named=prompt_files,
    ),
    Option(
        "images",
        "show the figures; leave them out; leave out the questions that have any; or ask "
        "those twice, with figures and without (default: vision, or blind for a model that is "
        "known to see none)",
        choices=IMAGE_MODES,
        everyday=True,
    ),
    Option(
        "image-max-edge",
        "longest side of a figure as sent, in pixels (default: 2048)",
        metavar="N",
        parse=whole(16),
    ),
    Option(
        "epochs",
        "ask each question so many times: the verdict is that of most epochs",
        metavar="K",
        parse=whole(1, most=1000),
        everyday=True,
    ),
    Option(
        "shard",
        "ask and record the K-th of N parts of the exam alone, which is no result: `jmle merge` "
        "puts the parts together",
        metavar="K/N",
        parse=shard,
    ),
    Option(
        "model-arg",
        "a parameter of the model, as a TOML value; repeatable",
        metavar="KEY=VALUE",
        many=True,
        private=True,
        parse=model_argument,
        everyday=True,
    ),
    Option(
        "api-base",
        "address of the model's server",
        metavar="URL",
        private=True,
        parse=web_address,
        everyday=True,
    ),
    Option(
        "concurrency",
        "calls at a time, for each model; auto: as many as bring more replies a second",
        metavar="N",
        default="auto",
        parse=lambda text: None if text == "auto" else whole(1)(text),
    ),
    Option(
        "max-concurrency",
        "calls at a time at most, for each model, with --concurrency=auto",
        metavar="N",
        default=str(MOST),
        parse=whole(1),
    ),
    Option(
        "request-timeout", "seconds a reply may take", metavar="S", default="600", parse=positive
    ),
    Option(
        "max-retries", "how often a call is made again", metavar="N", default="6", parse=whole(0)
    ),
    Option(
        "finish-reason",
        "optional: take replies for whole though the server does not say why they ended",
        choices=("required", "optional"),
        default="required",
    ),
    Option(
        "image-probe",
        "optional: show figures though a model not known to see them reads no drawn word",
        choices=("required", "optional"),
        default="required",
    ),
    Option("rpm", "requests per minute, for each model", metavar="N", parse=positive),
    Option("tpm", "tokens per minute, for each model", metavar="N", parse=positive),
    Option(
        "max-cost",
        "ask no more once this session has cost so much, in US dollars",
        metavar="USD",
        parse=positive,
        everyday=True,
    ),
    Option("price-in", "US dollars per million prompt tokens", metavar="USD", parse=amount),
    Option("price-out", "US dollars per million completion tokens", metavar="USD", parse=amount),
    Option(
        "batch",
        "ask in the provider's batches: order what is missing, end, and collect with the same "
        "command later",
        switch=True,
    ),
    Option("batch-wait", "with --batch: stay until the batches have ended", switch=True),
    Option(
        "batch-again",
        "with --batch: order once more what may have been ordered, where that cannot be found out",
        switch=True,
    ),
    Option(
        "offline", "never call a model: a missing reply is an error", switch=True, everyday=True
    ),
    Option(
        "gate",
        "exit status 0 only for an official pass; only if nothing is wrong; or unless something "
        "errored",
        choices=GATES,
        default="official",
        everyday=True,
    ),
    Option(
        "pass-share",
        "of several epochs, more than this share have to pass for the gate official",
        metavar="SHARE",
        default="0.5",
        parse=share,
    ),
    Option(
        "baseline",
        "an earlier result to compare with, by file or by its run's name",
        metavar="FILE|RUN",
        everyday=True,
    ),
    Option(
        "baseline-gate",
        "fail on a significant loss; unless a loss of --margin can be excluded; when more "
        "questions than chance explains are wrong that the baseline always got right; or when "
        "significantly fewer image questions are right (default: compare only)",
        choices=BASELINE_GATES,
        everyday=True,
    ),
    Option(
        "alpha",
        "one-sided level of the tests against a baseline",
        metavar="P",
        default="0.05",
        parse=level,
    ),
    Option(
        "margin", "points that may be lost against a baseline", metavar="POINTS", parse=positive
    ),
    Option(
        "allow-mismatch",
        "compare although the two runs differ in this (exam, key, prompt, images ...); repeatable",
        metavar="NAME",
        many=True,
    ),
    Option(
        "cassettes", "folder of recorded replies", metavar="DIR", default="cassettes", path=True
    ),
    Option("results", "folder for result files", metavar="DIR", default="results", path=True),
    Option(
        "report",
        f"what to write beside the results file ({', '.join(REPORTS)}, none); several with commas",
        metavar="KIND[,KIND...]",
        default="html",
        many=True,
        parse=report_kinds,
        everyday=True,
    ),
    Option(
        "html-images",
        "link the figures of the HTML report, put them into it, whole or small, or leave them out",
        choices=HTML_IMAGES,
        default="link",
    ),
    Option(
        "lang",
        "language of sheets, comparisons, gates, audits and leaderboards, in text and in markdown",
        choices=tuple(one.value for one in Language),
        default=Language.EN.value,
    ),
)

BY_NAME = {option.name: option for option in OPTIONS}
