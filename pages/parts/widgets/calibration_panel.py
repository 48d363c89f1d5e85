"""Show a calibration: reliability, bands with error rates, limits."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.detectors import Detector
from core.faces.rejection import MIN_WIDTH
from core.output import listed_rows, screen
from core.output.records import calibration_record
from core.output.text import number_words, share_words
from core.types.calibration import Bands, BlurLevel, Calibration, ProbabilityMap
from pages.parts.widgets.chart_widgets import show_kept_chart
from pages.parts.widgets.tables import csv_button, json_button, plain, show_markdown_table

ECE = (
    "Expected calibration error: how far, on average, the probability that is said lies from the share that is forged. "
    "0 is perfect, smaller is better. Guo et al. 2017, arXiv:1706.04599, equation 3, over bins of equal size."
)
AUC = "How often a forged face scores higher than a real one: 0.5 is chance, 1 is perfect."
RISK = (
    "Of each class, real and forged, at most this share may get the wrong word. A smaller risk makes the "
    "inconclusive band wider. It holds for faces such as those that the detector was calibrated on."
)
DIAGRAM = (
    "Each mark is a tenth of the held-out faces. On the dotted line, of the faces that got 80%, 80% are forged. "
    "Above it the detector says too little, below it too much. Bars are 95% intervals."
)
UNCALIBRATED = (
    "Uncalibrated: the score is no probability, there are no bands and no error rates, and the detector never says "
    "that it does not know. All that is said of a face is which output is the larger one. The tab Calibrate changes "
    "that, on labelled media of yours."
)


def draw(detector: Detector) -> None:
    """Show a detector's calibration, or that there is none."""
    record = detector.calibration
    if record is None:
        st.info(UNCALIBRATED, icon=":material/help:")
        return
    _in_numbers(record)
    st.subheader("Bands", anchor=False)
    bands = record.bands
    st.markdown(
        f"Likely not manipulated up to **{bands.low:.1%}**, likely manipulated from **{bands.high:.1%}** on, "
        "inconclusive between."
    )
    show_markdown_table(band_rows(bands))
    st.caption("Of held-out faces, with 95% intervals; the last column is at as many real as forged faces.")
    st.subheader("When it gives no answer", anchor=False)
    _abstains(record)
    _downloads(detector, record)


def show_reliability(detector: Detector, record: Calibration) -> None:
    """Draw the reliability diagram, with what it means."""
    show_kept_chart(
        record.reliability,
        lambda: screen.reliability(record.reliability),
        "Reliability diagram: share forged against probability said",
        key=f"reliability-{detector.name}",
    )
    st.caption("Marks on the dotted line: what is said is so.", help=DIAGRAM)


def _in_numbers(record: Calibration) -> None:
    show_markdown_table(
        [
            {"figure": "calibration error, calibrated", "value": number_words(record.ece, record.ece_interval)},
            {"figure": "calibration error, as trained", "value": number_words(record.ece_uncalibrated)},
            {"figure": "AUC", "value": number_words(record.auc, record.auc_interval)},
            {"figure": "faces", "value": f"{record.n_real} real, {record.n_fake} forged"},
            {"figure": "sources (people or videos)", "value": str(record.sources)},
            {
                "figure": "media without a verdict",
                "value": "not counted" if record.no_verdict is None else str(record.no_verdict),
            },
            {"figure": "calibrated on", "value": plain(record.data)},
        ]
    )
    st.caption(f"{map_words(record.map)} Every figure is of held-out faces.", help=f"{ECE} AUC: {AUC}")


def map_words(found: ProbabilityMap) -> str:
    """From the difference of the two outputs to a probability, in a sentence."""
    if found.method == "temperature":
        return f"From score to probability: the margin is divided by a temperature of {found.temperature:.3g}."
    if found.method == "platt":
        return (
            f"From score to probability: a logistic curve, slope {found.slope:.3g}, "
            f"intercept {found.intercept:.3g} (Platt)."
        )
    return f"From score to probability: a rising curve through {len(found.x or ())} points (isotonic regression)."


def band_rows(bands: Bands) -> list[dict[str, str]]:
    """Make one row per band with its contents."""
    return [
        {
            "band": row.band,
            "of real faces": share_words(row.real, row.real_interval),
            "of forged faces": share_words(row.fake, row.fake_interval),
            "forged among its faces": share_words(row.fake_of_band) if row.fake_of_band is not None else "no face",
        }
        for row in bands.measured
    ]


def _abstains(record: Calibration) -> None:
    lines = [f"The face is narrower than {MIN_WIDTH} pixels: no verdict."]
    if limits := record.limits:
        lines += [
            f"The face is blurred: no verdict below a sharpness of {limits.sharpness:.3f}. The table has the "
            "detector's AUC on blurred faces; the limit is where it falls below 0.65."
            if limits.sharpness > 0
            else "Blur sets no limit: in the table the AUC stays above 0.65.",
            f"The face is turned aside by more than {limits.turned:.2f} (0 is frontal, 1 has the nose over an eye): "
            "no verdict, as next to none of the calibration's faces was turned further.",
        ]
    if known := record.ood:
        lines.append(
            f"The face is unlike the {known.n} known ones: inconclusive, whatever the score, from a distance of "
            f"{known.cut:.2f} on. {known.quantile:.0%} of the known faces lie nearer, half of them within "
            f"{known.median:.2f} (Lee et al. 2018, arXiv:1807.03888, in the features before the last layer)."
        )
    if len(lines) == 1:
        lines.append("Blur, turn and unlikeness have no limits: there were too few faces to measure them.")
    st.markdown("\n".join(f"- {line}" for line in lines))
    if blur := record.blur:
        with st.expander("AUC on blurred faces"):
            show_markdown_table(blur_rows(blur))


def blur_rows(blur: Sequence[BlurLevel]) -> list[dict[str, str]]:
    """Make the table that the limit of sharpness was read from."""
    return [
        {
            "blur (sigma, pixels of 200)": f"{row.blur:g}",
            "sharpness (median)": f"{row.sharpness:.3f}",
            "AUC": f"{row.auc:.3f}",
        }
        for row in blur
    ]


def _downloads(detector: Detector, record: Calibration) -> None:
    name = f"{detector.name}.calibration.json"
    with st.container(horizontal=True):
        csv_button("Reliability as CSV", listed_rows.reliability_rows(record), "reliability.csv", key="reliability-csv")
        csv_button("Bands at every risk as CSV", listed_rows.band_rows(record), "bands.csv", key="bands-csv")
        json_button("Calibration as JSON", calibration_record(record), name, key="calibration-json")
