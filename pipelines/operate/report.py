"""How the verdict on a catalogue reads, for people and for programs.

What belongs here: the lines and the JSON of a report. What does not: the verdict.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pipelines.check.catalogue.federator import DryRun
from pipelines.check.catalogue.mqa import Score
from pipelines.contracts.findings import Finding
from pipelines.contracts.text import Lang
from pipelines.contracts.words import word
from pipelines.operate.judge import Report

_SHOWN = 20
"""Things of one kind that are written out; of more the number."""
_OWN_FILES = frozenset({"shacl"})
"""Gates whose advice names files of this project, which a stranger's catalogue does not have."""


def report_lines(report: Report, lang: Lang) -> list[str]:
    """The report in `lang`, line by line."""
    judged = report.judgement
    named = {"place": report.place, "pages": report.pages, "triples": report.triples, "datasets": report.datasets}
    out = [word("judge.place", lang, **named), word(f"judge.profile.{judged.profile}", lang)]
    if judged.run:
        out += ["", *_federator(judged.run, lang)]
    if judged.counts:
        out += ["", word("judge.shapes", lang)]
        for name, (violations, warnings) in judged.counts.items():
            out.append("  " + word("judge.set", lang, name=name, violations=violations, warnings=warnings))
    if judged.scores:
        out += ["", *_quality(judged.scores, lang)]
    told = [f for f in judged.findings if not f.code.startswith("federator-")]
    if told:
        out += ["", *_problems(told, lang)]
    elif not judged.findings:
        out += ["", word("done.clean", lang)]
    return out


def report_json(report: Report) -> dict[str, Any]:
    """The same for programs: nothing is left out."""
    judged, run = report.judgement, report.judgement.run
    return {
        "catalogue": report.place,
        "profile": judged.profile,
        "pages": report.pages,
        "triples": report.triples,
        "datasets": report.datasets,
        "federator": _run_json(run) if run else None,
        "shapes": {name: {"violations": v, "warnings": w} for name, (v, w) in judged.counts.items()},
        "mqa": [
            {
                **{k: v for k, v in asdict(s).items() if k != "lost"},
                "lost": [{"metric": m.metric, "points": m.points, **m.fix.model_dump()} for m in s.lost],
            }
            for s in judged.scores
        ],
        "findings": [f.as_row() for f in judged.findings],
    }


def _run_json(run: DryRun) -> dict[str, Any]:
    return {
        "rejected": run.rejected,
        "accepted": run.accepted,
        "dropped": [{"dataset": d.dataset, "reasons": [r.model_dump() for r in d.reasons]} for d in run.dropped],
        "notices": [f.as_row() for f in run.notices],
    }


def _federator(run: DryRun, lang: Lang) -> Iterator[str]:
    if run.rejected:
        yield from (one.what(lang) for one in run.findings)
    else:
        yield word("judge.taken", lang, count=len(run.accepted), total=run.total)
    for dropped in run.dropped[:_SHOWN]:
        yield f"  - {dropped.dataset}"
        yield from (f"      {reason.get(lang)}" for reason in dropped.reasons)
    if len(run.dropped) > _SHOWN:
        yield "  " + word("judge.more", lang, count=len(run.dropped) - _SHOWN)
    for code, count in Counter(n.code for n in run.notices).items():
        first = next(n for n in run.notices if n.code == code)
        yield f"  {first.what(lang)}" + (f" {word('judge.alike', lang, count=count - 1)}" if count > 1 else "")


def _quality(scores: list[Score], lang: Lang) -> Iterator[str]:
    yield word("judge.mqa", lang)
    for score in sorted(scores, key=lambda s: (s.points, s.dataset))[:_SHOWN]:
        key = "judge.score_unknown" if score.unknown else "judge.score"
        band = word(f"judge.band.{score.band}", lang)
        named = {"dataset": score.dataset, "points": score.points, "unknown": score.unknown, "of": score.of}
        yield "  " + word(key, lang, band=band, **named)
    if len(scores) > _SHOWN:
        yield "  " + word("judge.more", lang, count=len(scores) - _SHOWN)
    lost = Counter(one.metric for score in scores for one in score.lost)
    known = {one.metric: one for score in scores for one in score.lost}
    for metric, count in sorted(lost.items(), key=lambda x: (-known[x[0]].points * x[1], x[0])):
        one = known[metric]
        yield "  " + word("judge.lost", lang, points=one.points, count=count, fix=one.fix.get(lang))


def _problems(found: list[Finding], lang: Lang) -> Iterator[str]:
    """What is wrong, errors first, each kind of problem once: its first place, how many more, what to do."""
    kinds: dict[tuple[str, ...], list[Finding]] = {}
    for one in sorted(found, key=lambda f: f.severity):
        rule = one.params.get(f"rule_{lang}", "")
        kinds.setdefault((one.severity, one.code, one.field or "", rule), []).append(one)
    errors = sum(f.severity == "error" for f in found)
    yield word("judge.problems", lang, errors=errors, warnings=len(found) - errors)
    for (severity, code, *_), alike in kinds.items():
        more = f" {word('judge.alike', lang, count=len(alike) - 1)}" if len(alike) > 1 else ""
        yield f"  {word(f'severity.{severity}', lang).upper()} {code}: {alike[0].what(lang)}{more}"
        if alike[0].message.gate not in _OWN_FILES or code == "rdf-unreadable":
            yield f"      → {alike[0].do(lang)}"
