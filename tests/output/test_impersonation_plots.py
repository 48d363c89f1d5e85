"""What the plots of impersonation hold: every pair, the threshold, both ends of an arrow."""

from __future__ import annotations

import numpy as np
import pytest

from core.output import screen

NONE = np.zeros(0, np.float32)


def test_a_distribution_with_its_threshold_and_marks() -> None:
    impostor, genuine = np.linspace(-0.2, 0.4, 60), np.linspace(0.5, 0.9, 20)
    figure = screen.similarity_distribution(
        impostor, genuine, [("Ada", 0.7), ("Alan", 0.1)], threshold=0.45, ink="#000"
    )
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["different people (60 pairs)", "same person (20 pairs)"]
    assert [float(sum(bar.y)) for bar in bars] == pytest.approx([1, 1])
    marks = [(trace.text[0], trace.x[0], trace.textposition) for trace in figure.data if trace.type == "scatter"]
    assert marks == [("Ada", 0.7, "middle left"), ("Alan", 0.1, "middle right")]
    assert figure.layout.shapes[0].x0 == 0.45
    unlike = screen.similarity_distribution(NONE, NONE, [("Ada", -0.135)], threshold=None, ink="#000")
    assert "similarity \N{MINUS SIGN}0.135" in unlike.data[0].hovertemplate


def test_a_distribution_of_nothing_but_a_mark() -> None:
    figure = screen.similarity_distribution(NONE, NONE, [("Ada", 0.7)], threshold=None, ink="#000")
    assert [trace.type for trace in figure.data] == ["scatter"]
    assert not figure.layout.shapes


def test_metrics_and_defences() -> None:
    dots: list[screen.Dot] = [("TA", 0.5, (0.3, 0.7), "half"), ("SIC", 1.0, None, "all")]
    figure = screen.impersonation_metrics({"swap": dots, "blend": dots[:1]})
    assert [(trace.name, list(trace.x)) for trace in figure.data] == [("swap", [0.5, 1.0]), ("blend", [0.5])]
    assert list(figure.data[0].error_x.arrayminus) == pytest.approx([0.2, 0])

    figure = screen.before_after(
        [("DD1, targeted", 0.33, 0.01)], [("DD1, refused", 0.1, (0.0, 0.2), "1 of 10")], ink="#000"
    )
    assert [list(trace.x) for trace in figure.data] == [[0.33], [0.01], [0.1]]
    assert figure.layout.scattermode is None, "a group would shift the marks along the shares"
    (arrow,) = figure.layout.annotations
    assert (arrow.ax, arrow.x, arrow.y) == (0.33, 0.01, "DD1, targeted")
