"""Record impersonations, a gallery's findings, and whom a face is taken for."""

from __future__ import annotations

from collections.abc import Mapping

from ..metrics.summary import rounded
from ..types.impersonation_result import Defence, ImpersonationResult, Rate
from ..types.recognition import Gallery, Identification
from .records import Record


def rate_record(rate: Rate) -> Record:
    """Return a rate as {"value", "interval", "n"}."""
    interval = rate.interval and [*map(rounded, rate.interval)]
    return {"value": None if rate.value is None else rounded(rate.value), "interval": interval, "n": rate.n}


def impersonation_record(result: ImpersonationResult) -> Record:
    """Return the record that `evaluate impersonation --json` prints."""
    gallery = result.gallery
    return {
        "recogniser": gallery.recogniser,
        "people": len(gallery.people),
        "fakes": len(result.rows),
        "threshold": gallery.threshold and rounded(gallery.threshold.similarity),
        "metrics": _rates(result.metrics),
        "by_kind": {kind: _rates(rates) for kind, rates in result.by_kind.items()},
        "defences": {one.rule: _defence(one) for one in result.defences},
        "real": {
            "photos": len(result.real),
            "recognised": rate_record(result.recognised),
            "misnamed": rate_record(result.misnamed),
        },
        "by_group": {
            group: {**_rates(found.rates), "people": found.people} for group, found in sorted(result.by_group.items())
        },
        "beta": result.beta,
        "gamma": result.gamma,
        "threshold_from": threshold_record(gallery),
        "not_judged": dict(result.not_judged),
        "findings": findings_record(gallery),
    }


def _rates(rates: Mapping[str, Rate]) -> Record:
    return {name: rate_record(rate) for name, rate in rates.items()}


def _defence(one: Defence) -> Record:
    def value(rate: Rate | None) -> float | None:
        return None if rate is None or rate.value is None else rounded(rate.value)

    measured = {"accuracy": one.accuracy, "real_refused": one.real_refused, **one.after}
    return {
        "accuracy": value(one.accuracy),
        "TA": value(one.after.get("TA")),
        "NA": value(one.after.get("NA")),
        "real_refused": value(one.real_refused),
        "before": {name: value(rate) for name, rate in one.before.items()},
        "intervals": {name: rate_record(rate)["interval"] for name, rate in measured.items()},
        "n": {"fakes": one.before["TA"].n, "real": one.real_refused.n},
        "detectors": list(one.detectors),
        "by_kind": {kind: {name: value(rate) for name, rate in rates.items()} for kind, rates in one.by_kind.items()},
        **({"reason": one.reason} if one.reason else {}),
        **({"fitted_on": one.fitted_on} if one.fitted_on else {}),
    }


def threshold_record(gallery: Gallery) -> Record | None:
    """Return where a gallery's threshold comes from; None for a service."""
    one = gallery.threshold
    if one is None or gallery.calibration is None:
        return None
    return {
        "fmr": one.fmr,
        "comparisons": one.comparisons,
        "source": one.source,
        "enough": one.enough,
        "confidence_from": gallery.calibration.source,
    }


def findings_record(gallery: Gallery) -> list[Record]:
    """Return what the checks of a gallery found."""
    return [
        {"kind": one.kind, "person": one.person, "photo": one.photo, "sentence": one.sentence}
        for one in gallery.findings
    ]


def identification_record(said: Identification) -> Record:
    """Return whom a face is taken for, with the nearest people."""
    return {
        "name": said.name,
        "confidence": said.confidence and rounded(said.confidence),
        "similarity": rounded(said.nearest[0].similarity) if said.nearest else None,
        "threshold": said.threshold and rounded(said.threshold),
        "nearest": [
            {
                "name": one.name,
                "similarity": rounded(one.similarity),
                "confidence": rounded(one.confidence),
                "photo": one.photo,
            }
            for one in said.nearest
        ],
    }
